import { createHash } from 'node:crypto'
import { type Html, html, Html as Markup } from './html.ts'

export interface Visit {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: string
}

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const style = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #635bff; }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1.5rem; }
  main.narrow { max-width: 26rem; margin: 12vh auto 0; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
  table { border-collapse: collapse; width: 100%; font-size: .87rem; }
  section { overflow-x: auto; } pre { overflow-x: auto; background: var(--soft); padding: 1rem; border-radius: .4em; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
  th { font-weight: 600; opacity: .7; }   .amount { white-space: nowrap; font-variant-numeric: tabular-nums; }
  code { font: .85em ui-monospace, monospace; } .soft { opacity: .65; }
  .state { background: var(--soft); border-radius: 1em; padding: .05em .6em; white-space: nowrap; }
  a { color: inherit; } td:first-child { white-space: nowrap; }
  .good { background: #2a94; } .bad { background: #e444; }
  button { font: inherit; padding: .5em 1.1em; border: 1px solid var(--line); border-radius: .4em; cursor: pointer; }
  button.main { background: var(--accent); color: #fff; border-color: var(--accent); }
  form { display: inline-block; margin: .5rem .5rem 0 0; }
`

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function showPage(title: string, body: Html, status = 200): PageAnswer {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Stripe stand-in</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      // With none at all a browser would not say either which page a form is of.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
    body: page.text,
  }
}

export const redirect = (location: string): PageAnswer => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store' },
  body: '',
})
