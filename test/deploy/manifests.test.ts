import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../files/package-root.js";
import { configFromEnvironment, environmentName, readConfig, ServerConfig } from "../../runtime/server/config.js";
import { assertExposed, withMetrics } from "./exposed.js";
import {
  type AdapterValues,
  type Autoscaler,
  type Budget,
  type Container,
  type Deployment,
  hasKubectl,
  type Manifests,
  readManifest,
  render,
  type Service,
  type ServiceMonitor,
} from "./manifests.js";
import { readQuery } from "./promql.js";

const known = new Set(Object.keys(ServerConfig.shape).map(environmentName));

/** The settings in force in a container. */
function configOf({ env, resources }: Container): ServerConfig {
  const values = env.map(({ name, value, valueFrom }) => {
    assert.ok(known.has(name), `the server has no setting ${name}`);
    assert.ok((value === undefined) !== (valueFrom === undefined), name);
    const [, resource = ""] = /^requests\.(\w+)$/.exec(valueFrom?.resourceFieldRef.resource ?? "") ?? [];
    return [name, value ?? resources.requests[resource]] as const;
  });
  return readConfig({ from: "manifest", values: configFromEnvironment(Object.fromEntries(values)) });
}

function assertFits(labels: Record<string, string>, selector: Record<string, string>): void {
  for (const [name, value] of Object.entries(selector)) assert.equal(labels[name], value, name);
}

async function assertDeployment(deployment: Deployment, url: string): Promise<void> {
  const { spec, metadata } = deployment.spec.template;
  const [container] = spec.containers;
  const config = configOf(container);
  assert.equal(deployment.spec.replicas, undefined, "the autoscaler's number would be overwritten");
  assertFits(metadata.labels, deployment.spec.selector.matchLabels);
  assert.deepEqual(container.args, ["serve"]);
  assert.equal(config.host, "0.0.0.0");
  const [port] = container.ports;
  assert.equal(port?.containerPort, config.port);

  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    assert.equal(probe.httpGet.port, port?.name);
    assert.equal((await fetch(url + probe.httpGet.path)).status, 200, probe.httpGet.path);
  }
  assert.equal(container.livenessProbe.httpGet.path, "/health/live", "a server that drains or is busy is not ended");

  const { periodSeconds, failureThreshold } = container.readinessProbe;
  assert.ok(
    config.drainDelay >= periodSeconds * failureThreshold * 1000,
    "who asks for readiness learns of it in time",
  );
  const grace = spec.terminationGracePeriodSeconds * 1000;
  assert.ok(grace >= config.drainDelay + config.drainTime + 5000, `${grace} ms do not let the server drain`);
  assert.ok(config.drainTime >= config.deadline, "every request that was admitted is answered");

  const { runAsNonRoot, seccompProfile, runAsUser } = spec.securityContext;
  assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: "RuntimeDefault" }]);
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  const dockerfile = await readFile(join(packageRoot(), "deploy", "Dockerfile"), "utf8");
  for (const [, user] of dockerfile.matchAll(/^USER (\d+):/gm)) assert.equal(Number(user), runAsUser);
  const [mount] = container.volumeMounts;
  assert.equal(mount?.mountPath, "/tmp");
  assert.ok(spec.volumes.some(({ name, emptyDir }) => name === mount?.name && emptyDir));
}

function assertObjects(objects: Manifests): void {
  const deployment = objects.get("Deployment") as Deployment;
  const service = objects.get("Service") as Service;
  const budget = objects.get("PodDisruptionBudget") as Budget;
  const { scaleTargetRef, minReplicas } = (objects.get("HorizontalPodAutoscaler") as Autoscaler).spec;
  const { template } = deployment.spec;
  const [port] = template.spec.containers[0].ports;
  assertFits(template.metadata.labels, service.spec.selector);
  assertFits(template.metadata.labels, budget.spec.selector.matchLabels);
  assert.equal(service.spec.ports[0]?.targetPort, port?.name);
  assert.deepEqual([scaleTargetRef.kind, scaleTargetRef.name], ["Deployment", deployment.metadata.name]);
  assert.ok(minReplicas >= 2, "with one pod alone the budget would let nothing run while it moves");
}

const FILES = ["deployment", "service", "pod-disruption-budget", "autoscaler"];

async function readBase(): Promise<Manifests> {
  const objects = await Promise.all(FILES.map((file) => readManifest<{ kind: string }>(`base/${file}.yaml`)));
  return new Map(objects.map((object) => [object.kind, object]));
}

test("the base: settings, probes, ports and times are the server's, and its objects refer to each other", async () => {
  const { resources } = await readManifest<{ resources: string[] }>("base/kustomization.yaml");
  assert.deepEqual(
    resources,
    FILES.map((file) => `${file}.yaml`),
  );
  const objects = await readBase();
  assertObjects(objects);
  await withMetrics((_, { url }) => assertDeployment(objects.get("Deployment") as Deployment, url));
});

test("overlays keep what holds for the base", { skip: hasKubectl ? false : "no kubectl" }, async () => {
  await withMetrics(async (_, { url }) => {
    for (const path of ["base", "overlays/without-adapter", "overlays/cuda"]) {
      const objects = await render(path);
      assertObjects(objects);
      await assertDeployment(objects.get("Deployment") as Deployment, url);
    }
  });
  const { env, resources, image } = ((await render("overlays/cuda")).get("Deployment") as Deployment).spec.template.spec
    .containers[0];
  assert.equal(env.find(({ name }) => name === "SHOWTELL_DEVICE")?.value, "cuda");
  assert.equal(resources.limits["nvidia.com/gpu"], "1");
  assert.match(image, /cuda/);
  const { metrics } = ((await render("overlays/without-adapter")).get("HorizontalPodAutoscaler") as Autoscaler).spec;
  assert.deepEqual(
    metrics.map(({ type, resource }) => [type, resource?.name]),
    [["Resource", "cpu"]],
  );
});

test("the autoscaler's metrics are those of the adapter's rules, whose series the server exposes", async () => {
  const { rules } = await readManifest<AdapterValues>("prometheus-adapter-values.yaml");
  const offered = new Set(rules.custom.map(({ name }) => name.as));
  const scalers = [await readManifest<Autoscaler>("base/autoscaler.yaml")];
  if (hasKubectl) scalers.push((await render("overlays/cuda")).get("HorizontalPodAutoscaler") as Autoscaler);
  const asked = scalers.flatMap(({ spec }) => spec.metrics.flatMap(({ pods }) => (pods ? [pods.metric.name] : [])));
  assert.ok(asked.includes("showtell_queue_length"));
  for (const name of asked) assert.ok(offered.has(name), `the adapter has no ${name}`);
  await withMetrics((exposed) => {
    for (const { seriesQuery, name, metricsQuery } of rules.custom) {
      const [series = ""] = assertExposed(seriesQuery, exposed);
      assert.match(series, new RegExp(name.matches));
      const filledIn = metricsQuery
        .replaceAll("<<.Series>>", series)
        .replaceAll("<<.LabelMatchers>>", 'namespace="a",pod=~"b|c"')
        .replaceAll("<<.GroupBy>>", "pod");
      assert.deepEqual(readQuery(filledIn).series, [series]);
    }
  });
});

test("the service monitor finds the service and its metrics", async () => {
  const { spec } = await readManifest<ServiceMonitor>("components/service-monitor/service-monitor.yaml");
  const service = (await readBase()).get("Service") as Service;
  assertFits(service.metadata.labels, spec.selector.matchLabels);
  const [endpoint] = spec.endpoints;
  assert.ok(service.spec.ports.some(({ name }) => name === endpoint?.port));
  await withMetrics(async (_, { url }) => {
    assert.equal((await fetch(url + endpoint?.path)).status, 200);
  });
});
