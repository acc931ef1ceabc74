// How each example is built and run, and what it needs to be there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = join(root, "examples");
const out = join(root, ".build", "examples");

/** The shared library of onnxruntime, as onnxruntime-node brings it. */
function sharedLibrary() {
  const folder = join(root, "node_modules", "onnxruntime-node", "bin", "napi-v6", process.platform, process.arch);
  const name = readdirSync(folder).find((file) => /^(lib)?onnxruntime(\.so\.\d+|\..*dylib|\.dll)$/.test(file));
  return join(folder, name);
}

const library = sharedLibrary();
const headers = [process.env.ONNXRUNTIME_INCLUDE, "/usr/include", "/usr/local/include", "/usr/include/onnxruntime"];
const include = headers.find((folder) => folder && existsSync(join(folder, "onnxruntime_cxx_api.h")));
const python = join(out, "python", "bin", "python");
const java = join(examples, "java");
const classPath = join(java, "target", "classpath");

/**
 * @typedef {object} Language
 * @property {string} name
 * @property {string[]} commands that must be there
 * @property {[boolean, string][]} [files] whether what is needed besides is there, and what it is
 * @property {[string, ...string[]][]} build commands, one after the other
 * @property {() => [string, ...string[]]} run the command that takes MODEL IMAGE ...
 * @property {Record<string, string>} [env]
 */

/** @type {Language[]} */
export const languages = [
  {
    name: "python",
    commands: ["python3"],
    build: [
      ["python3", "-m", "venv", join(out, "python")],
      [python, "-m", "pip", "install", "-q", "-r", join(examples, "python", "requirements.txt")],
    ],
    run: () => [python, join(examples, "python", "caption.py")],
  },
  {
    name: "go",
    commands: ["go", "gcc"],
    build: [["go", "build", "-C", join(examples, "go"), "-o", join(out, "go", "caption"), "."]],
    run: () => [join(out, "go", "caption")],
    env: { ONNXRUNTIME_LIB: library },
  },
  {
    name: "rust",
    commands: ["cargo"],
    build: [
      ["cargo", "build", "-q", "--release", "--locked", "--manifest-path", join(examples, "rust", "Cargo.toml")].concat(
        "--target-dir",
        join(out, "rust"),
      ),
    ],
    run: () => [join(out, "rust", "release", "caption")],
    env: { ORT_DYLIB_PATH: library },
  },
  {
    name: "java",
    commands: ["java", "mvn"],
    build: [
      ["mvn", "-q", "-B", "-f", join(java, "pom.xml"), "compile", "dependency:build-classpath"].concat(
        `-Dmdep.outputFile=${classPath}`,
      ),
    ],
    run: () => [
      "java",
      "-cp",
      `${join(java, "target", "classes")}:${readFileSync(classPath, "utf8").trim()}`,
      "Caption",
    ],
  },
  {
    name: "cpp",
    commands: ["cmake", "c++"],
    files: [
      [include !== undefined, "onnxruntime's C++ headers (ONNXRUNTIME_INCLUDE names their folder)"],
      [existsSync("/usr/include/stb/stb_image.h"), "stb (libstb-dev)"],
      [existsSync("/usr/include/nlohmann/json.hpp"), "nlohmann-json (nlohmann-json3-dev)"],
    ],
    build: [
      ["cmake", "-S", join(examples, "cpp"), "-B", join(out, "cpp"), "-DCMAKE_BUILD_TYPE=Release"].concat(
        `-DONNXRUNTIME_INCLUDE=${include}`,
        `-DONNXRUNTIME_LIB=${library}`,
      ),
      ["cmake", "--build", join(out, "cpp")],
    ],
    run: () => [join(out, "cpp", "caption")],
  },
];
