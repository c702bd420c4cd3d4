"""One upset seen from Python: the scores of a black image, with and without it, by interrupt.

    LD_LIBRARY_PATH=PREFIX/lib python3 upset.py NETWORK
"""
import ctypes
import sys

CONTROL, GLOBAL_IRQ, IRQ_ENABLE, IRQ_STATUS = 0x00, 0x04, 0x08, 0x0C
INPUT, OUTPUT, DO_INIT, NUM_REPS = 0x10, 0x1C, 0x28, 0x5C
START, DONE, PATIENCE = 1, 1, 2_000_000


class Config(ctypes.Structure):
    _fields_ = [("network", ctypes.c_char_p), ("params", ctypes.c_char_p), ("clock_mhz", ctypes.c_double),
                ("memory_latency", ctypes.c_uint32), ("quantum", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32 * 3)]


class Sizes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("height", "width", "channels", "image_bytes", "scores", "score_bytes", "classes", "layers")]
    _fields_.append(("reserved", ctypes.c_uint32 * 8))


lib = ctypes.CDLL("libfluence_platform.so.0")
lib.fluence_open.restype = ctypes.c_void_p
lib.fluence_last_error.restype = ctypes.c_char_p
lib.fluence_cycles.restype = ctypes.c_uint64


class Platform:
    def __init__(self, network):
        config = Config(network=network.encode())
        self.handle = ctypes.c_void_p(lib.fluence_open(ctypes.byref(config)))
        self.check(0 if self.handle else -1)
        self.sizes = Sizes()
        self.check(lib.fluence_get_sizes(self.handle, ctypes.byref(self.sizes)))

    @staticmethod
    def check(result):
        if result != 0:
            raise RuntimeError(lib.fluence_last_error().decode())

    def write(self, offset, value):
        self.check(lib.fluence_write32(self.handle, ctypes.c_uint32(offset), ctypes.c_uint32(value)))

    def alloc(self, size):
        address = ctypes.c_uint64()
        self.check(lib.fluence_alloc(self.handle, ctypes.c_size_t(size), ctypes.byref(address)))
        return address.value

    def run(self, image, scores):
        for offset, value in ((INPUT, image), (OUTPUT, scores)):
            self.write(offset, value & 0xFFFFFFFF)
            self.write(offset + 4, value >> 32)
        for offset, value in ((DO_INIT, 0), (NUM_REPS, 1), (GLOBAL_IRQ, 1), (IRQ_ENABLE, DONE),
                              (CONTROL, START)):
            self.write(offset, value)
        risen = ctypes.c_int()
        self.check(lib.fluence_run_until_interrupt(self.handle, ctypes.c_uint64(PATIENCE),
                                                   ctypes.byref(risen)))
        assert risen.value == 1, "the accelerator hangs"
        self.write(IRQ_STATUS, DONE)
        result = (ctypes.c_int16 * self.sizes.scores)()
        self.check(lib.fluence_copy_out(self.handle, ctypes.c_uint64(scores), result,
                                        ctypes.c_size_t(ctypes.sizeof(result))))
        return list(result)


board = Platform(sys.argv[1])
image, scores = board.alloc(board.sizes.image_bytes), board.alloc(board.sizes.score_bytes)
golden = board.run(image, scores)
# A weight of the last layer: word 0 of PE 0 is read late in the image.
Platform.check(lib.fluence_upset(board.handle, b"weights", board.sizes.layers - 1, 0, 0, 0, 0, ctypes.c_uint64(0)))
faulty = board.run(image, scores)
print(f"{sum(a != b for a, b in zip(golden, faulty))} of {board.sizes.scores} scores differ")
