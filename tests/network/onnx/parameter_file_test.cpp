// Parameters as one ONNX file: nothing is lost, nothing is taken that does not belong there.
#include "network/parameter_file.hpp"

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "network/parameter_folder.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/parameter_files.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void expect_equal(const Parameters& a, const Parameters& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].weights, b.layers[i].weights) << i;
    EXPECT_EQ(a.layers[i].thresholds, b.layers[i].thresholds) << i;
  }
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.digest(), b.digest());
}

class ParameterFile : public testing::Test {
 protected:
  Parameters read(const Topology& net, const std::string& content) {
    std::ofstream(file_, std::ios::binary) << content;
    return Parameters::load(net, file_);
  }
  Parameters again(const Parameters& parameters) {
    return read(*parameters.net, parameter_file(parameters));
  }
  std::string refusal(const Topology& net, const std::string& content) {
    try {
      read(net, content);
      return "";
    } catch (const InputError& e) {
      return e.what();
    }
  }

  TempDir dir_;
  fs::path file_ = dir_.path() / "parameters.onnx";
};

// Every content that a memory can hold, the ends of its thresholds included.
TEST_F(ParameterFile, KeepsEveryBitOfEveryNetwork) {
  for (const auto* nets : {&all_topologies(), &made_networks()}) {
    for (const auto& net : *nets) {
      SCOPED_TRACE(net.name);
      auto parameters = random_parameters(net, 7);
      for (const auto& layer : net.layers) {
        if (layer.thresholds > 0) {
          const auto limit = std::int64_t{1} << (layer.accumulator_bits - 1);
          parameters.threshold(layer.index, 0, 0, 0) = static_cast<std::int32_t>(-limit);
          parameters.threshold(layer.index, 0, 1, 0) = static_cast<std::int32_t>(limit - 1);
        }
      }
      expect_equal(again(parameters), parameters);
    }
  }
}

TEST_F(ParameterFile, KeepsTheBitsOfTheWidestAccumulators) {
  for (const auto* like : {"cnvW1A1", "cnvW2A2"}) {
    const Topology net = MadeNetwork("wide", like).accumulator(1, 32).accumulator(0, 32, 20);
    auto parameters = random_parameters(topology(like), 1);
    parameters.net = &net;
    for (const int layer : {0, 1}) {
      parameters.threshold(layer, 0, 0, 0) = std::numeric_limits<std::int32_t>::min();
      parameters.threshold(layer, 0, 1, 0) = std::numeric_limits<std::int32_t>::max();
    }
    expect_equal(again(parameters), parameters);
  }
}

// The files of a folder, by name, and what becomes of them on the way through a parameter file.
class FolderAndBack : public ParameterFile {
 protected:
  void expect_same(const Topology& net, const fs::path& folder) {
    SCOPED_TRACE(folder.string());
    const auto parameters = Parameters::load(net, folder);
    const auto loaded = again(parameters);
    EXPECT_EQ(loaded.digest(), parameters.digest());
    const auto files = parameter_files(loaded);
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto file = files.find(entry.path().filename().string());
      found += file == files.end() ? 0U : 1U;
      EXPECT_TRUE(file == files.end() || file->second == bytes_of(entry.path())) << entry.path();
    }
    EXPECT_EQ(found, files.size()) << "files that were not there";
  }
};

TEST_F(FolderAndBack, IsTheSameBytesForTheEmbeddedModels) {
  for (const auto& net : all_topologies()) {
    const auto embedded = fs::path(FLUENCE_SOURCE_DIR) / "models" / (net.name + ".onnx");
    const auto folder = dir_.path() / net.name;
    write_folder(folder, parameter_files(Parameters::load(net, embedded)));
    expect_same(net, folder);
    EXPECT_TRUE(parameter_file(Parameters::load(net, folder)) == bytes_of(embedded)) << net.name;
  }
}

// Classes in lines that end as on other systems or not at all; 44 of them; files that end with the rows
// of the classes. (Beside them lie thresholds of the last layer, which has none.)
TEST_F(FolderAndBack, IsTheSameBytesForThePublishedParameters) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : cifar_networks()) {
    expect_same(net, data_dir() / "params" / net.name);
  }
  for (const auto* name : {"cnvW1A1-road-signs", "cnvW1A1-streetview"}) {
    expect_same(topology("cnvW1A1"), data_dir() / "classes/params" / name);
  }
}

TEST_F(FolderAndBack, WritesRowsThatHaveGotContent) {
  auto parameters = random_parameters(topology("cnvW1A1"), 1);
  auto& weights = parameters.layers.back().weights;
  const auto row_words = static_cast<std::size_t>(topology("cnvW1A1").layers.back().synapse_folds());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = i % (16 * row_words) < 3 * row_words ? weights[i] : 0;  // rows 0 to 11
  }
  parameters.given_rows = 12;
  EXPECT_EQ(parameter_files(parameters).at("8-3-weights.bin").size(), 3 * row_words * 8);
  EXPECT_EQ(again(parameters).given_rows, 12);
  weights.back() = 1;
  EXPECT_EQ(parameter_files(parameters).at("8-3-weights.bin").size(), 16 * row_words * 8);
  expect_equal(again(parameters), parameters);
}

TEST_F(FolderAndBack, WritesNamesThatAreNoLongerThoseOfTheText) {
  auto parameters = random_parameters(topology("cnvW1A1"), 1);
  parameters.classes = {"a", "", "c"};
  parameters.classes_text = "a\r\n\r\nc";
  EXPECT_EQ(parameter_files(again(parameters)).at("classes.txt"), "a\r\n\r\nc");
  parameters.classes.emplace_back("d");
  EXPECT_EQ(parameter_files(again(parameters)).at("classes.txt"), "a\n\nc\nd\n");
}

// The same network, built in another way.
TEST_F(ParameterFile, IsFreeOfFolding) {
  const auto parameters = random_parameters(topology("cnvW2A2"), 3);
  const Topology other = MadeNetwork("cnvW2A2", "cnvW2A2").folding(1, 8, 4).folding(8, 4, 1);
  const auto refolded = read(other, parameter_file(parameters));
  EXPECT_NE(refolded.digest(), parameters.digest());
  for (const auto& layer : other.layers) {
    for (int row = 0; row < layer.matrix_height(); ++row) {
      ASSERT_EQ(refolded.row_weights(layer.index, row), parameters.row_weights(layer.index, row));
      for (int t = 0; t < layer.thresholds; ++t) {
        ASSERT_EQ(refolded.row_threshold(layer.index, row, t),
                  parameters.row_threshold(layer.index, row, t));
      }
    }
  }
  EXPECT_EQ(parameter_file(refolded), parameter_file(parameters));
}

onnx::ModelProto model_of(const Parameters& parameters) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(parameter_file(parameters)));
  return model;
}

onnx::TensorProto& tensor(onnx::ModelProto& model, const std::string& name) {
  for (auto& found : *model.mutable_graph()->mutable_initializer()) {
    if (found.name() == name) {
      return found;
    }
  }
  throw std::runtime_error("no tensor " + name);
}

std::string annotation(const onnx::ModelProto& model, const std::string& name) {
  for (const auto& found : model.graph().quantization_annotation()) {
    if (found.tensor_name() == name) {
      return found.quant_parameter_tensor_names(0).key() + " " +
             found.quant_parameter_tensor_names(0).value();
    }
  }
  return "";
}

std::int32_t number(const onnx::TensorProto& tensor, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= std::uint32_t{static_cast<unsigned char>(tensor.raw_data().at(4 * index + i))} << (8 * i);
  }
  return static_cast<std::int32_t>(word);
}

TEST(ParameterGraph, IsWhatFinnCallsThisNetwork) {
  auto parameters = random_parameters(topology("cnvW1A1"), 1);
  parameters.threshold(0, 5, 2, 0) = -300;  // row 2 * 16 + 5
  parameters.threshold(1, 3, 1, 0) = 280;   // row 1 * 32 + 3, among 576 columns
  auto model = model_of(parameters);
  const auto& weights = tensor(model, "layer1_weights");
  EXPECT_THAT(weights.dims(), ElementsAre(64, 64, 3, 3));
  EXPECT_EQ(weights.data_type(), onnx::TensorProto::INT8);
  EXPECT_EQ(annotation(model, "layer1_weights"), "finn_datatype BIPOLAR");
  // Row 35, channel 40 of the tap in line 2, column 1: word and bit of PE 3 as BNN-PYNQ stores them.
  const int column = (2 * 3 + 1) * 64 + 40;
  const auto word = parameters.weight(1, 3, 1 * 18 + column / 32);
  EXPECT_EQ(weights.raw_data().at(((35 * 64 + 40) * 3 + 2) * 3 + 1),
            (word >> (column % 32) & 1) != 0 ? 1 : -1);
  EXPECT_THAT(tensor(model, "layer8_weights").dims(), ElementsAre(512, 64));
  EXPECT_THAT(tensor(model, "layer1_thresholds").dims(), ElementsAre(64, 1));
  EXPECT_EQ(number(tensor(model, "layer0_thresholds"), 37), -299);
  EXPECT_EQ(number(tensor(model, "layer1_thresholds"), 35), 2 * 281 - 576);
  EXPECT_EQ(tensor(model, "layer0_scale").float_data(0), 2);
  EXPECT_EQ(annotation(model, "layer0_thresholds"), "finn_datatype INT25");
  EXPECT_EQ(annotation(model, "image"), "finn_datatype INT8");
  EXPECT_EQ(annotation(model, "layer7_activations"), "finn_datatype BIPOLAR");
  EXPECT_EQ(annotation(model, "scores"), "finn_datatype INT32");
  auto two_bits = model_of(random_parameters(topology("cnvW2A2"), 1));
  EXPECT_EQ(annotation(two_bits, "layer1_weights"), "finn_datatype INT2");
  EXPECT_EQ(annotation(two_bits, "layer1_thresholds"), "finn_datatype INT17");
  EXPECT_THAT(tensor(two_bits, "layer6_thresholds").dims(), ElementsAre(512, 2));
}

// A good file of cnvW1A1 with a change, and the sentence that refuses it.
class WrongParameterFile : public ParameterFile {
 protected:
  using Change = std::function<void(onnx::ModelProto&)>;
  std::string with(const Change& change) {
    auto model = model_;
    change(model);
    const auto text = refusal(topology("cnvW1A1"), model.SerializeAsString());
    EXPECT_TRUE(text.empty() || text.find("parameters.onnx") != std::string::npos) << text;
    return text;
  }
  std::string with_metadata(const std::string& key, const std::string& value) {
    return with([&](auto& model) {
      for (auto& entry : *model.mutable_metadata_props()) {
        entry.set_value(entry.key() == key ? value : entry.value());
      }
    });
  }
  std::string with_datatype(const std::string& name, const std::string& datatype) {
    return with([&](auto& model) {
      for (auto& found : *model.mutable_graph()->mutable_quantization_annotation()) {
        if (found.tensor_name() == name) {
          found.mutable_quant_parameter_tensor_names(0)->set_value(datatype);
        }
      }
    });
  }
  // With the first of the 32-bit numbers of a tensor changed.
  std::string with_number(const std::string& name, std::int32_t value) {
    return with([&](auto& model) {
      for (std::size_t i = 0; i < 4; ++i) {
        tensor(model, name).mutable_raw_data()->at(i) =
            static_cast<char>(static_cast<std::uint32_t>(value) >> (8 * i));
      }
    });
  }

  onnx::ModelProto model_ = model_of(random_parameters(topology("cnvW1A1"), 1));
};

TEST_F(WrongParameterFile, IsNoOnnx) {
  EXPECT_THAT(refusal(topology("cnvW1A1"), "no protobuf"), HasSubstr("is no ONNX file"));
  EXPECT_THAT(refusal(topology("cnvW1A1"), ""), HasSubstr("no entry fluence.parameters"));
  EXPECT_THAT(refusal(topology("cnvW1A1"), std::string(std::size_t{20} << 20U, '\0')),
              AllOf(HasSubstr("parameters.onnx"), HasSubstr("more than")));
  const auto whole = model_.SerializeAsString();
  EXPECT_THAT(refusal(topology("cnvW1A1"), whole.substr(0, whole.size() - 1)),
              HasSubstr("is no ONNX file"));
  fs::remove(file_);
  EXPECT_THROW(Parameters::load(topology("cnvW1A1"), file_), InputError);
}

TEST_F(WrongParameterFile, IsOfAnotherFormOrNetwork) {
  EXPECT_THAT(with_metadata("fluence.parameters", "2"),
              AllOf(HasSubstr("form '2'"), HasSubstr("reads form 1")));
  EXPECT_THAT(with_metadata("fluence.network", "cnvW1A2"),
              AllOf(HasSubstr("cnvW1A2"), HasSubstr("not of cnvW1A1")));
  EXPECT_THAT(refusal(topology("cnvW2A2"), model_.SerializeAsString()), HasSubstr("not of cnvW2A2"));
  EXPECT_THAT(with([](auto& model) { model.clear_metadata_props(); }),
              HasSubstr("no entry fluence.parameters"));
  EXPECT_THAT(with([](auto& model) { *model.add_metadata_props() = model.metadata_props(1); }),
              HasSubstr("two entries fluence.network"));
  EXPECT_THAT(with_metadata("fluence.classes", ""), HasSubstr("names 0 classes"));
  EXPECT_THAT(with_metadata("fluence.classes", "\xff\n"), HasSubstr("UTF-8"));
}

TEST_F(WrongParameterFile, HasAnotherGraph) {
  EXPECT_THAT(
      with([](auto& model) { model.mutable_graph()->mutable_node(1)->set_op_type("ConvInteger"); }),
      AllOf(HasSubstr("node 1"), HasSubstr("ConvInteger")));
  EXPECT_THAT(with([](auto& model) {
                model.mutable_graph()->mutable_node(1)->mutable_attribute(4)->set_ints(0, 2);
              }),
              HasSubstr("node 1 ('layer0_conv', Conv)"));
  EXPECT_THAT(with([](auto& model) { model.mutable_graph()->mutable_node()->RemoveLast(); }),
              HasSubstr("nodes where cnvW1A1 has"));
  EXPECT_THAT(
      with([](auto& model) {
        model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
            onnx::TensorProto::UINT8);
      }),
      HasSubstr("input 0 ('image')"));
  EXPECT_THAT(with([](auto& model) { model.mutable_graph()->mutable_output(0)->set_name("x"); }),
              HasSubstr("output 0 ('x')"));
  EXPECT_THAT(with([](auto& model) { model.mutable_opset_import(0)->set_version(9); }),
              HasSubstr("operators 0 ('' 9)"));
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer0_scale").set_float_data(0, 8); }),
              AllOf(HasSubstr("layer0_scale"), HasSubstr("fraction bits")));
}

TEST_F(WrongParameterFile, HasOtherTensors) {
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer3_weights").set_name("mine"); }),
              HasSubstr("'layer3_weights' is missing"));
  EXPECT_THAT(with([](auto& model) {
                auto copy = tensor(model, "layer3_weights");
                copy.set_name("mine");
                *model.mutable_graph()->add_initializer() = copy;
              }),
              HasSubstr("'mine'"));
  EXPECT_THAT(with([](auto& model) {
                *model.mutable_graph()->add_initializer() =
                    onnx::TensorProto(tensor(model, "layer3_weights"));
              }),
              HasSubstr("'layer3_weights' is twice"));
  EXPECT_THAT(with([](auto& model) {
                model.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("thin");
              }),
              HasSubstr("'thin'"));
}

TEST_F(WrongParameterFile, HasTensorsOfAnotherTypeOrShape) {
  EXPECT_THAT(
      with([](auto& model) { tensor(model, "layer3_weights").set_data_type(onnx::TensorProto::FLOAT); }),
      AllOf(HasSubstr("layer3_weights"), HasSubstr("type 1")));
  EXPECT_THAT(with([](auto& model) {
                tensor(model, "layer3_thresholds").set_data_type(onnx::TensorProto::INT8);
              }),
              AllOf(HasSubstr("layer3_thresholds"), HasSubstr("type 3")));
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer3_weights").set_dims(1, 64); }),
              HasSubstr("shape [128, 64, 3, 3] where cnvW1A1 has [128, 128, 3, 3]"));
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer8_weights").set_dims(1, 9); }),
              HasSubstr("has 9 rows where cnvW1A1 needs 10 to 64"));
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer8_weights").set_dims(1, 65); }),
              HasSubstr("has 65 rows"));
  EXPECT_THAT(with([](auto& model) { tensor(model, "layer3_weights").mutable_raw_data()->pop_back(); }),
              AllOf(HasSubstr("layer3_weights"), HasSubstr("147455 numbers")));
  EXPECT_THAT(
      with([](auto& model) { tensor(model, "layer3_thresholds").mutable_raw_data()->pop_back(); }),
      AllOf(HasSubstr("layer3_thresholds"), HasSubstr("asks for 128")));
  EXPECT_THAT(with([](auto& model) {
                tensor(model, "layer3_weights").set_data_location(onnx::TensorProto::EXTERNAL);
              }),
              HasSubstr("in another file"));
  EXPECT_THAT(with([](auto& model) {
                auto& numbers = tensor(model, "layer8_weights");
                for (const char byte : numbers.raw_data()) {
                  numbers.add_int32_data(static_cast<signed char>(byte));
                }
                numbers.clear_raw_data();
              }),
              HasSubstr("raw_data"));
  EXPECT_THAT(with_datatype("layer3_weights", "INT2"),
              AllOf(HasSubstr("layer3_weights"), HasSubstr("'INT2' where cnvW1A1 has BIPOLAR")));
  EXPECT_THAT(with_datatype("layer3_weights", ""), HasSubstr("finn_datatype ''"));
  EXPECT_THAT(
      with_datatype("layer3_thresholds", "FLOAT32"),
      AllOf(HasSubstr("layer3_thresholds"), HasSubstr("'FLOAT32' where thresholds have INT2 to")));
  EXPECT_THAT(with_datatype("layer3_thresholds", "INT35"), HasSubstr("'INT35'"));
  EXPECT_THAT(with_datatype("layer3_thresholds", "INT"), HasSubstr("'INT'"));
}

TEST_F(WrongParameterFile, HoldsWhatTheMemoriesCannot) {
  for (const char value : {'\0', '\x02', '\x7f', '\xfe'}) {
    EXPECT_THAT(with([&](auto& model) {
                  tensor(model, "layer3_weights").mutable_raw_data()->at(128 * 9 + 5) = value;
                }),
                AllOf(HasSubstr("[1, 0, 1, 2] of tensor 'layer3_weights'"), HasSubstr("not BIPOLAR")));
  }
  // 24 bits with the fraction: -2^23 to 2^23 - 1, one more in FINN's sense.
  EXPECT_EQ(with_number("layer0_thresholds", -0x7fffff), "");
  EXPECT_THAT(with_number("layer0_thresholds", -0x800000),
              AllOf(HasSubstr("[0, 0] of tensor 'layer0_thresholds'"), HasSubstr("24 bits")));
  EXPECT_EQ(with_number("layer0_thresholds", 0x800000), "");
  EXPECT_THAT(with_number("layer0_thresholds", 0x800001), HasSubstr("24 bits"));
  EXPECT_THAT(with_number("layer0_thresholds", 0x1000000), HasSubstr("not INT25"));
  // 16 bits that count equal ones of 576.
  EXPECT_EQ(with_number("layer1_thresholds", 2 * -0x7fff - 576), "");
  EXPECT_THAT(with_number("layer1_thresholds", 2 * -0x8000 - 576), HasSubstr("16 bits"));
  EXPECT_EQ(with_number("layer1_thresholds", 2 * 0x8000 - 576), "");
  EXPECT_THAT(with_number("layer1_thresholds", 2 * 0x8001 - 576), HasSubstr("16 bits"));
  EXPECT_THAT(with_number("layer1_thresholds", 5), HasSubstr("even"));
  auto two_bits = model_of(random_parameters(topology("cnvW2A2"), 1));
  tensor(two_bits, "layer1_weights").mutable_raw_data()->at(0) = '\x02';
  EXPECT_THAT(refusal(topology("cnvW2A2"), two_bits.SerializeAsString()), HasSubstr("not INT2"));
  tensor(two_bits, "layer1_weights").mutable_raw_data()->at(0) = '\xfe';
  EXPECT_EQ(read(topology("cnvW2A2"), two_bits.SerializeAsString()).row_weights(1, 0)[0], -2);
}

// Of hardware with narrower accumulators the values decide, not the type that the writer's had.
TEST_F(WrongParameterFile, IsOneForNarrowerHardwareWhereAValueDoesNotFit) {
  const Topology narrow = MadeNetwork("cnvW2A2", "cnvW2A2").accumulator(6, 10);
  auto parameters = random_parameters(topology("cnvW2A2"), 1);
  for (int row = 0; row < 512; ++row) {
    parameters.row_threshold(6, row, 0) = parameters.row_threshold(6, row, 1) = 511;
  }
  EXPECT_EQ(refusal(narrow, parameter_file(parameters)), "");
  parameters.row_threshold(6, 300, 1) = 512;
  EXPECT_THAT(refusal(narrow, parameter_file(parameters)),
              AllOf(HasSubstr("[300, 1] of tensor 'layer6_thresholds'"), HasSubstr("10 bits")));
}

// Tools may add comments.
TEST_F(WrongParameterFile, IsNoneForComments) {
  EXPECT_EQ(with([](auto& model) {
              model.set_doc_string("mine");
              model.mutable_graph()->mutable_node(3)->set_doc_string("mine");
              model.mutable_graph()->clear_value_info();
            }),
            "");
}

// docs/parameters.md names what stands in the files.
TEST(ParametersDoc, NamesEveryTensorDatatypeAndKey) {
  const auto doc = bytes_of(fs::path(FLUENCE_SOURCE_DIR) / "docs/parameters.md");
  for (const auto& net : all_topologies()) {
    const auto model = model_of(random_parameters(net, 1));
    for (const auto& found : model.graph().quantization_annotation()) {
      EXPECT_THAT(doc, HasSubstr(found.quant_parameter_tensor_names(0).value())) << net.name;
      const auto& name = found.tensor_name();
      const auto what = name.starts_with("layer") ? name.substr(name.find('_')) : name;
      const bool constant = what.ends_with("_float");  // of a cast
      EXPECT_TRUE(constant || doc.find(what + "`") != std::string::npos) << name;
    }
    for (const auto& node : model.graph().node()) {
      EXPECT_THAT(doc, HasSubstr("`" + node.op_type() + "`")) << node.name();
    }
    for (const auto& entry : model.metadata_props()) {
      EXPECT_THAT(doc, HasSubstr("\n| `" + entry.key() + "` |"));
    }
    EXPECT_THAT(doc, HasSubstr("| `fluence.parameters` | the form: `" + model.metadata_props(0).value() +
                               "` |"));
    EXPECT_THAT(doc, HasSubstr("`ir_version` " + std::to_string(model.ir_version())));
    EXPECT_THAT(doc,
                HasSubstr("operators " + std::to_string(model.opset_import(0).version()) + " of ONNX"));
  }
}

TEST(ParametersOfSeveralNetworks, AreFilesOrFoldersByName) {
  const TempDir dir;
  const auto& net = topology("cnvW1A1");
  EXPECT_EQ(Parameters::find(net, dir.path()), dir.path());
  fs::create_directory(dir.path() / "cnvW1A1");
  EXPECT_EQ(Parameters::find(net, dir.path()), dir.path() / "cnvW1A1");
  EXPECT_EQ(Parameters::find(topology("cnvW1A2"), dir.path()), dir.path());
  std::ofstream(dir.path() / "cnvW1A1.onnx") << "x";
  try {
    Parameters::find(net, dir.path());
    ADD_FAILURE() << "a file and a folder";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("cnvW1A1"), HasSubstr("twice"), HasSubstr(dir.path().string())));
  }
  fs::remove(dir.path() / "cnvW1A1");
  EXPECT_EQ(Parameters::find(net, dir.path()), dir.path() / "cnvW1A1.onnx");
}

}  // namespace
}  // namespace fluence::test
