import { html, Markup } from './html.ts';
import { REPORT_STYLE } from './style.ts';

/** One HTML file that needs nothing else: no script, no request. Every report is one. */
export const page = (title: string, parts: readonly Markup[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(REPORT_STYLE)}</style>
</head>
<body>
<main>
${parts}<footer class="small muted">A record of what happened, not advice. Past results do not foretell future ones.</footer>
</main>
</body>
</html>
`.text;
