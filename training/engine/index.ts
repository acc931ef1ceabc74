export { ENGINE_NAMES, type Engine, type EngineName } from "./engine.js";
export { type InstallOptions, type InstallProgress, installNative } from "./native/install.js";
export { type NativeStatus, nativeStatus, removeNative } from "./native/status.js";
export { type EngineProbe, probeEngines } from "./probe.js";
export { startEngine } from "./start.js";
