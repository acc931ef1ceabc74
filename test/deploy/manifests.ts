import { execFile, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { packageRoot } from "../../files/package-root.js";

export interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  failureThreshold: number;
}

export interface Container {
  image: string;
  args: string[];
  ports: { name: string; containerPort: number }[];
  env: { name: string; value?: string; valueFrom?: { resourceFieldRef: { resource: string } } }[];
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string }[];
}

type Labels = Record<string, string>;

export interface Deployment {
  metadata: { name: string };
  spec: {
    replicas?: number;
    selector: { matchLabels: Labels };
    template: {
      metadata: { labels: Labels };
      spec: {
        terminationGracePeriodSeconds: number;
        securityContext: Record<string, unknown>;
        containers: [Container];
        volumes: { name: string; emptyDir?: object }[];
      };
    };
  };
}

export interface Autoscaler {
  spec: {
    scaleTargetRef: { kind: string; name: string };
    minReplicas: number;
    metrics: { type: string; pods?: { metric: { name: string } }; resource?: { name: string } }[];
  };
}

export interface Service {
  metadata: { labels: Labels };
  spec: { selector: Labels; ports: { name: string; targetPort: string }[] };
}

export interface Budget {
  spec: { selector: { matchLabels: Labels } };
}

export interface ServiceMonitor {
  spec: { selector: { matchLabels: Labels }; endpoints: { port: string; path: string }[] };
}

export interface AdapterValues {
  rules: { custom: { seriesQuery: string; name: { matches: string; as: string }; metricsQuery: string }[] };
}

/** Objects by their kind. */
export type Manifests = Map<string, unknown>;

const folder = join(packageRoot(), "deploy", "kubernetes");

/** A file of deploy/kubernetes. */
export async function readManifest<T>(file: string): Promise<T> {
  return parse(await readFile(join(folder, file), "utf8")) as T;
}

export const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

/** What `kubectl apply -k` of a folder in deploy/kubernetes would send. */
export async function render(path: string): Promise<Manifests> {
  const { stdout } = await promisify(execFile)("kubectl", ["kustomize", join(folder, path)]);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as { kind: string });
  return new Map(objects.map((object) => [object.kind, object]));
}
