// autocannon in a process of its own. Arguments: URL CONNECTIONS SECONDS IMAGES [RATE]. Prints what came back as JSON.
import autocannon from "autocannon";
import { quantile, smallJpegs } from "./images.js";

const [url = "", connections = "1", seconds = "5", count = "64", rate = "0"] = process.argv.slice(2);
const images = await smallJpegs(Number(count));
const requests = images.map((body) => ({
  method: "POST" as const,
  path: "/v1/captions",
  headers: { "content-type": "image/jpeg" },
  body,
}));
const statuses = new Map<number, number>();
const accepted: number[] = [];
const refused: number[] = [];
let clients = 0;
const options: autocannon.Options = {
  url,
  connections: Number(connections),
  duration: Number(seconds),
  timeout: 60,
  // Requests a second over all connections; 0 sends as fast as answers come.
  ...(Number(rate) > 0 && { overallRate: Number(rate) }),
  requests,
  // Each connection begins elsewhere: the same image in flight twice would be captioned once.
  setupClient(client) {
    const at = (clients++ * 7) % requests.length;
    client.setRequests([...requests.slice(at), ...requests.slice(0, at)]);
  },
};
const result = await new Promise<autocannon.Result>((resolve, reject) => {
  const run = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
  run.on("response", (_client, status, _bytes, milliseconds) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    (status === 200 ? accepted : refused).push(milliseconds);
  });
});
process.stdout.write(
  `${JSON.stringify({
    seconds: result.duration,
    statuses: Object.fromEntries(statuses),
    errors: result.errors,
    timeouts: result.timeouts,
    p50: quantile(accepted, 0.5),
    p99: quantile(accepted, 0.99),
    refusedP99: quantile(refused, 0.99),
  })}\n`,
);
