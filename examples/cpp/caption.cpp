// Captions images with a showtell model folder. Usage: caption MODEL IMAGE ...
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <numbers>
#include <nlohmann/json.hpp>
#include <onnxruntime_cxx_api.h>
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

using Image = std::vector<float>;

double lanczos3(double x) {
  const double t = std::numbers::pi * x;
  return t == 0 ? 1 : std::abs(x) >= 3 ? 0 : 3 * std::sin(t) * std::sin(t / 3) / (t * t);
}

// rows x columns x 3 -> columns x size x 3: rows to `size`, then turned, so that twice is both ways.
Image resize_and_turn(const Image& in, int rows, int columns, int size) {
  Image out(columns * size * 3);
  const double scale = double(rows) / size, stretch = std::max(1.0, scale);
  for (int y = 0; y < size; y++) {
    const double centre = (y + 0.5) * scale;
    const int first = std::max(0, int(centre - 3 * stretch)), last = std::min(rows, int(centre + 3 * stretch) + 1);
    double total = 0;
    for (int r = first; r < last; r++) total += lanczos3((r + 0.5 - centre) / stretch);
    for (int r = first; r < last; r++) {
      const float weight = lanczos3((r + 0.5 - centre) / stretch) / total;
      for (int i = 0; i < columns * 3; i++) out[(i / 3 * size + y) * 3 + i % 3] += weight * in[r * columns * 3 + i];
    }
  }
  return out;
}

std::vector<uint8_t> pixels(const std::string& path, int width, int height) {
  int columns, rows, channels;
  uint8_t* data = stbi_load(path.c_str(), &columns, &rows, &channels, 3);
  if (!data) throw std::runtime_error(path + ": " + stbi_failure_reason());
  const Image whole(data, data + rows * columns * 3);
  stbi_image_free(data);
  std::vector<uint8_t> bytes;
  for (float value : resize_and_turn(resize_and_turn(whole, rows, columns, height), columns, height, width)) {
    bytes.push_back(std::clamp(std::lround(value), 0L, 255L));
  }
  return bytes;
}

int main(int count, char** arguments) {
  const std::string folder = std::string(arguments[1]) + "/";
  const auto model = nlohmann::json::parse(std::ifstream(folder + "model.json"));
  const auto tokenizer = nlohmann::json::parse(std::ifstream(folder + "tokenizer.json"));
  std::vector<std::string> words(tokenizer["model"]["vocab"].size());
  for (const auto& [word, token] : tokenizer["model"]["vocab"].items()) words.at(token) = word;
  const int64_t width = model["preprocessing"]["width"], height = model["preprocessing"]["height"];
  int64_t max_length = model["decoding"]["maxLength"], beam = model["decoding"]["beam"];

  Ort::Env environment;
  const std::string file = folder + model["graphs"]["captioner"]["int8"]["file"].get<std::string>();
  Ort::Session session(environment, file.c_str(), Ort::SessionOptions());
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const std::array inputs{"image", "max_length", "beam"};
  const std::array outputs{"tokens"};
  const std::array<int64_t, 4> shape{1, height, width, 3};
  for (int i = 2; i < count; i++) {
    auto image = pixels(arguments[i], width, height);
    std::array values{
        Ort::Value::CreateTensor<uint8_t>(memory, image.data(), image.size(), shape.data(), shape.size()),
        Ort::Value::CreateTensor<int64_t>(memory, &max_length, 1, nullptr, 0),
        Ort::Value::CreateTensor<int64_t>(memory, &beam, 1, nullptr, 0)};
    const auto results = session.Run({}, inputs.data(), values.data(), values.size(), outputs.data(), outputs.size());
    const int64_t* tokens = results[0].GetTensorData<int64_t>();  // [1, T]
    const int64_t length = results[0].GetTensorTypeAndShapeInfo().GetElementCount();
    std::cout << arguments[i] << ":";
    for (int64_t t = 0; t < length; t++) std::cout << " " << words[tokens[t]];
    std::cout << "\n";
  }
}
