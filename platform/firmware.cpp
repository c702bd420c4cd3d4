#include "platform/firmware.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "platform/memory_map.hpp"

namespace fluence {
namespace {

struct File {
  int fd;
  explicit File(const std::filesystem::path& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) {
      ::close(fd);
    }
  }
};

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

bool fits(const GElf_Phdr& header) {
  return header.p_paddr >= kFirmware.base && header.p_memsz <= kFirmware.size &&
         header.p_paddr - kFirmware.base <= kFirmware.size - header.p_memsz;
}

std::string range(const GElf_Phdr& header) {
  char text[64];
  std::snprintf(text, sizeof text, "%llu bytes at 0x%08llx",
                static_cast<unsigned long long>(header.p_memsz),
                static_cast<unsigned long long>(header.p_paddr));
  return text;
}

}  // namespace

Firmware Firmware::load(const std::filesystem::path& path) {
  const File file(path);
  if (file.fd < 0) {
    throw InputError("cannot read the firmware " + path.string() + ": name a file with --firmware");
  }
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, ElfEnd> elf(elf_begin(file.fd, ELF_C_READ, nullptr));
  GElf_Ehdr header;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF ||
      gelf_getehdr(elf.get(), &header) == nullptr || header.e_machine != EM_ARM ||
      header.e_ident[EI_CLASS] != ELFCLASS32 || header.e_type != ET_EXEC ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    throw InputError(path.string() +
                     " is no ELF executable for a little-endian ARM: build it with arm-none-eabi-gcc");
  }
  Firmware firmware{static_cast<std::uint32_t>(header.e_entry), {}};
  std::uint64_t wanted = 0;  // bytes of all segments, which may lie on one another
  std::size_t count = 0;
  elf_getphdrnum(elf.get(), &count);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) {
      throw InputError(path.string() + " is damaged: build the firmware again");
    }
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) {
      continue;
    }
    if (!fits(segment)) {
      throw InputError(path.string() + " wants " + range(segment) + ", outside of the " +
                       std::to_string(kFirmware.size) +
                       " bytes that the platform has for firmware from address 0 on: link it there");
    }
    wanted += segment.p_memsz;
    if (wanted > kFirmware.size) {
      throw InputError(path.string() + " wants more than the " + std::to_string(kFirmware.size) +
                       " bytes that the platform has for firmware: link less");
    }
    std::vector<unsigned char> bytes(segment.p_memsz);
    if (segment.p_filesz > bytes.size() ||
        ::pread(file.fd, bytes.data(), segment.p_filesz, static_cast<off_t>(segment.p_offset)) !=
            static_cast<ssize_t>(segment.p_filesz)) {
      throw InputError(path.string() + " is cut short: build the firmware again");
    }
    firmware.segments.push_back({static_cast<std::uint32_t>(segment.p_paddr), std::move(bytes)});
  }
  if (firmware.segments.empty()) {
    throw InputError(path.string() + " holds nothing to load: link the firmware");
  }
  if (std::ranges::none_of(firmware.segments, [&](const Segment& segment) {
        return firmware.entry >= segment.address &&
               firmware.entry - segment.address < segment.bytes.size();
      })) {
    throw InputError(path.string() + " does not start within what it loads: give it an entry point");
  }
  return firmware;
}

std::string Firmware::digest() const {
  Digest digest;
  digest.add(std::uint64_t{entry});
  for (const auto& segment : segments) {
    digest.add(std::uint64_t{segment.address});
    digest.add(std::as_bytes(std::span(segment.bytes)));
  }
  return digest.hex();
}

}  // namespace fluence
