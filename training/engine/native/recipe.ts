import type { PublishedFile } from "../../published/types.js";

/** One file to download, and what of it goes where. */
export interface Artefact extends PublishedFile {
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

/** Runtime libraries of CUDA 12.5 and cuDNN 9.3, found by TensorFlow's own run path ($ORIGIN/../nvidia/NAME/lib). */
const NVIDIA = [
  ["cublas", "12.5.3.2", 363_313_169, "ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b"],
  ["cuda-cupti", "12.5.82", 13_811_507, "bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953"],
  ["cuda-nvcc", "12.5.82", 22_468_537, "b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0"],
  ["cuda-nvrtc", "12.5.82", 24_873_108, "3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd"],
  ["cuda-runtime", "12.5.82", 895_707, "3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115"],
  ["cudnn", "9.3.0.75", 577_163_502, "9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d"],
  ["cufft", "11.2.3.61", 192_524_114, "9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8"],
  ["curand", "10.3.6.82", 56_309_107, "2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536"],
  ["cusolver", "11.6.3.83", 130_341_232, "93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b"],
  ["cusparse", "12.5.1.3", 217_558_979, "016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752"],
  ["nvjitlink", "12.5.82", 21_298_879, "f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212"],
] as const;

const CUDA: Recipe = {
  variant: "cuda",
  tfjs: TFJS,
  tensorflow: TENSORFLOW,
  diskBytes: 7e9,
  artefacts: [
    ...JAVASCRIPT,
    {
      from: "pypi",
      name: "tensorflow",
      version: TENSORFLOW,
      file: "tensorflow-2.18.1-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      bytes: 615_365_234,
      sha256: "1f929842999d60e7da67743ae5204b477259f3b771c02e5e437d232267e49f18",
      unpack: LIBTENSORFLOW,
    },
    ...NVIDIA.map(([part, version, bytes, sha256]): Artefact => {
      const folder = part.replaceAll("-", "_");
      const prefix = `nvidia/${folder}/${part === "cuda-nvcc" ? "" : "lib/"}`;
      return {
        from: "pypi",
        name: `nvidia-${part}-cu12`,
        version,
        file: `nvidia_${folder}_cu12-${version}-py3-none-manylinux2014_x86_64.whl`,
        bytes,
        sha256,
        unpack: [{ prefix, to: `deps/${prefix}` }],
      };
    }),
  ],
};

/** The native engine's recipes: tfjs-node's own addon on a current TensorFlow. */
export const RECIPES: Record<Recipe["variant"], Recipe> = { cpu: CPU, cuda: CUDA };
