/** The page at /docs: a form to try captions, and the list of paths. It has no scripts but its own. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>showtell API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
<script type="module" src="/docs/page.js"></script>
</head>
<body>
<main>
<h1>showtell API</h1>
<p><a href="/openapi.json">openapi.json</a> describes every path. Here is a form for the main one.</p>
<form id="try">
<label>Image <input type="file" name="image" accept="image/*" required></label>
<label>Beam <input type="number" name="beam" min="1" max="10" placeholder="model's own"></label>
<label>Alternatives <input type="number" name="alternatives" min="0" max="10" placeholder="0"></label>
<label>Most words <input type="number" name="max_length" min="1" max="50" placeholder="model's own"></label>
<label>Key <input type="password" name="key" autocomplete="off" placeholder="if the server asks for one"></label>
<label class="check"><input type="checkbox" name="attention"> Draw where it looked</label>
<button>Caption it</button>
</form>
<section id="answer" aria-live="polite" hidden>
<h2 id="sentence"></h2>
<img id="picture" alt="Where the model looked for each word" hidden>
<pre id="json"></pre>
<h3>The same with curl</h3>
<pre id="curl"></pre>
</section>
<h2>Paths</h2>
<table id="paths"><thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead><tbody></tbody></table>
</main>
</body>
</html>
`;

export const STYLE = `:root { color-scheme: light dark; --ink: #17181c; --faint: #5c606b; --line: #d7d9df; --paper: #fff; --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9ec; --faint: #a2a6b1; --line: #3a3d46; --paper: #16171b; --accent: #8ab4f8; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
a { color: var(--accent); }
form { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem 1rem; align-items: end; }
label { display: grid; gap: .25rem; color: var(--faint); font-size: .875rem; min-width: 0; }
label.check { display: flex; align-items: center; gap: .5rem; }
input { font: inherit; min-width: 0; max-width: 100%; }
input[type=number], input[type=password] { padding: .35rem .5rem; border: 1px solid var(--line); border-radius: 4px; background: inherit; color: var(--ink); }
button { font: inherit; padding: .5rem 1rem; border: 0; border-radius: 4px; background: var(--accent); color: var(--paper); cursor: pointer; }
button:disabled { opacity: .6; cursor: progress; }
pre { overflow: auto; max-height: 22rem; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; font-size: .8125rem; }
img { max-width: 100%; border: 1px solid var(--line); }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { text-align: left; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:nth-child(2) { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
`;

export const SCRIPT = `const byId = (id) => document.getElementById(id);
const form = byId("try");

const headersFor = (key) => (key ? { authorization: "Bearer " + key } : {});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const query = new URLSearchParams();
  for (const name of ["beam", "alternatives", "max_length"]) if (data.get(name)) query.set(name, data.get(name));
  if (data.get("attention")) query.set("attention", "png");
  const file = data.get("image");
  const path = "/v1/captions" + (query.size ? "?" + query : "");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const type = file.type || "application/octet-stream";
    const headers = { "content-type": type, ...headersFor(data.get("key")) };
    const response = await fetch(path, { method: "POST", body: file, headers });
    const answer = await response.json();
    byId("sentence").textContent = answer.sentence ?? answer.title + ": " + answer.detail;
    const picture = answer.attention?.png;
    byId("picture").hidden = !picture;
    if (picture) byId("picture").src = "data:image/png;base64," + picture;
    if (picture) answer.attention.png = picture.slice(0, 24) + "…";
    byId("json").textContent = JSON.stringify(answer, null, 2);
    const quoted = file.name.replaceAll("'", "'\\\\''");
    byId("curl").textContent = "curl '" + location.origin + path + "' -H 'Content-Type: " + type + "' --data-binary '@" + quoted + "'";
  } catch (error) {
    byId("sentence").textContent = "The server cannot be reached: " + error.message;
  } finally {
    byId("answer").hidden = false;
    button.disabled = false;
  }
});

const { paths } = await (await fetch("/openapi.json")).json();
for (const [path, item] of Object.entries(paths)) {
  for (const method of ["get", "post"]) {
    if (!item[method]) continue;
    const row = byId("paths").tBodies[0].insertRow();
    for (const text of [method.toUpperCase(), path, item[method].summary]) row.insertCell().textContent = text;
  }
}
`;
