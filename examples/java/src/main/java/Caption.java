import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.Raster;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/** Captions images with a showtell model folder. Usage: Caption MODEL IMAGE ... */
public final class Caption {
  public static void main(String[] arguments) throws Exception {
    var folder = Path.of(arguments[0]);
    var json = new ObjectMapper();
    var model = json.readTree(folder.resolve("model.json").toFile());
    var vocabulary = json.readTree(folder.resolve("tokenizer.json").toFile()).at("/model/vocab");
    Map<Long, String> words = new HashMap<>();
    vocabulary.properties().forEach(entry -> words.put(entry.getValue().asLong(), entry.getKey()));
    int width = model.at("/preprocessing/width").asInt(), height = model.at("/preprocessing/height").asInt();
    String graph = folder.resolve(model.at("/graphs/captioner/int8/file").asText()).toString();
    var environment = OrtEnvironment.getEnvironment();
    try (var session = environment.createSession(graph);
        var maxLength = OnnxTensor.createTensor(environment, model.at("/decoding/maxLength").asLong());
        var beam = OnnxTensor.createTensor(environment, model.at("/decoding/beam").asLong())) {
      for (String path : Arrays.asList(arguments).subList(1, arguments.length)) {
        var pixels = pixels(new File(path), width, height);
        long[] shape = {1, height, width, 3};
        try (var image = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
            var outputs = session.run(Map.of("image", image, "max_length", maxLength, "beam", beam))) {
          var tokens = (long[][]) outputs.get("tokens").orElseThrow().getValue(); // [1, T]
          var caption = Arrays.stream(tokens[0]).mapToObj(words::get).collect(Collectors.joining(" "));
          System.out.println(path + ": " + caption);
        }
      }
    }
  }

  /** height x width x 3 bytes, RGB. Grey values are taken as they are: Java's own conversion would brighten them. */
  private static ByteBuffer pixels(File file, int width, int height) throws Exception {
    Raster raster = ImageIO.read(file).getRaster();
    int[] samples = raster.getPixels(0, 0, raster.getWidth(), raster.getHeight(), (int[]) null);
    int bands = raster.getNumBands();
    var rgb = new double[samples.length / bands * 3];
    for (int i = 0; i < rgb.length; i++) rgb[i] = samples[i / 3 * bands + Math.min(i % 3, bands - 1)];
    double[] turned = resizeAndTurn(rgb, raster.getHeight(), raster.getWidth(), height);
    double[] small = resizeAndTurn(turned, raster.getWidth(), height, width);
    var bytes = ByteBuffer.allocateDirect(small.length);
    for (double value : small) bytes.put((byte) Math.max(0, Math.min(255, Math.round(value))));
    return bytes.rewind();
  }

  /** rows x columns x 3 to columns x size x 3 by Lanczos' kernel: rows to size, then turned. */
  private static double[] resizeAndTurn(double[] in, int rows, int columns, int size) {
    var out = new double[columns * size * 3];
    double scale = (double) rows / size, stretch = Math.max(1, scale);
    for (int y = 0; y < size; y++) {
      double centre = (y + 0.5) * scale - 0.5;
      int first = (int) Math.max(0, Math.ceil(centre - 3 * stretch));
      int last = (int) Math.min(rows - 1, Math.floor(centre + 3 * stretch));
      double total = 0;
      for (int r = first; r <= last; r++) total += lanczos((r - centre) / stretch);
      for (int r = first; r <= last; r++) {
        double weight = lanczos((r - centre) / stretch) / total;
        for (int i = 0; i < columns * 3; i++) out[(i / 3 * size + y) * 3 + i % 3] += weight * in[r * columns * 3 + i];
      }
    }
    return out;
  }

  private static double lanczos(double x) {
    double t = Math.PI * x;
    return t == 0 ? 1 : 3 * Math.sin(t) * Math.sin(t / 3) / (t * t);
  }
}
