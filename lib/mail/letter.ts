/** A letter in the two forms it is sent in. */
export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Link {
  readonly label: string
  readonly url: string
}

/** What a letter says; how it looks is decided here, for all of them. */
export interface Letter {
  readonly subject: string
  readonly username: string
  readonly paragraphs: readonly string[]
  /** Set apart from the prose: when, from where. */
  readonly facts?: readonly (readonly [name: string, value: string])[]
  readonly action?: Link
  /** Of an action that is only for whoever did not expect the letter. */
  readonly isWarning?: boolean
  readonly closing: string
  /** After the closing: for whoever did not do what the action agrees to. */
  readonly disown?: string
}

/** The same letter as plain text and as HTML that loads nothing: every style is inline, there is no image. */
export function compose(letter: Letter): Mail {
  return { subject: letter.subject, text: toText(letter), html: toHtml(letter) }
}

/** The same letter with a way to get no more of its kind at its end; the link leads to a page of the app. */
export function withWayOut({ subject, text, html }: Mail, url: string): Mail {
  const ending = smallLink(url, 'Get no more of these mails')
  return {
    subject,
    text: `${text}\n-- \nGet no more of these mails:\n${url}\n`,
    html: html.replace(endOfPage, () => `${ending}${endOfPage}`),
  }
}

/** A page of the app that is told who follows the link by its token. */
export const linkTo = (appUrl: string, page: string, token: string) =>
  `${appUrl}/${page}?token=${encodeURIComponent(token)}`

export const toMinute = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const longestLine = 72

function toText({ username, paragraphs, facts = [], action, closing, disown }: Letter): string {
  const blocks = [
    `Hello ${username},`,
    ...paragraphs.map(wrap),
    ...(facts.length > 0 ? [facts.map(([name, value]) => wrap(`${name}: ${value}`)).join('\n')] : []),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    wrap(closing),
    ...(disown ? [disown] : []),
    'Veza',
  ]
  return `${blocks.join('\n\n')}\n`
}

/** Breaks between words; a word longer than a line stays whole, for it may be a link. */
function wrap(text: string): string {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line && line.length + 1 + word.length > longestLine) {
        lines.push(line)
        line = word
      } else line = line ? `${line} ${word}` : word
    }
    lines.push(line)
  }
  return lines.join('\n')
}

const ink = '#111827'
const quiet = '#6b7280'

function toHtml(letter: Letter): string {
  const { subject, username, paragraphs, facts = [], action, isWarning, closing, disown } = letter
  const blocks = [
    `<h1 style="font-size:22px;line-height:1.3;margin:0 0 20px">${escapeHtml(subject)}</h1>`,
    ...[`Hello ${username},`, ...paragraphs].map((text) => `<p style="margin:0 0 16px">${prose(text)}</p>`),
    ...(facts.length > 0 ? [factTable(facts)] : []),
    ...(action ? [button(action, isWarning ? '#b91c1c' : '#4f46e5')] : []),
    `<p style="color:${quiet};font-size:14px;margin:0">${prose(closing)}</p>`,
    ...(disown ? [smallLink(disown)] : []),
  ]
  return page(subject, blocks.join(''))
}

const factTable = (facts: NonNullable<Letter['facts']>) =>
  `<table role="presentation" style="background:#f9fafb;border-collapse:collapse;border-radius:8px;font-size:15px;margin:0 0 20px;width:100%">${facts
    .map(
      ([name, value]) =>
        `<tr><td style="color:${quiet};padding:8px 12px;vertical-align:top;white-space:nowrap">${escapeHtml(name)}</td><td style="padding:8px 12px;word-break:break-word">${prose(value)}</td></tr>`,
    )
    .join('')}</table>`

const button = ({ label, url }: Link, colour: string) =>
  `<p style="margin:24px 0"><a href="${escapeHtml(url)}" style="background:${colour};border-radius:8px;color:#fff;display:inline-block;font-weight:600;padding:12px 24px;text-decoration:none">${escapeHtml(label)}</a></p>` +
  `<p style="color:${quiet};font-size:13px;margin:0 0 20px">Or open this address:<br>${anchor(url)}</p>`

const smallLink = (url: string, label = url) =>
  `<p style="color:${quiet};font-size:13px;margin:8px 0 0">${anchor(url, label)}</p>`

const anchor = (url: string, label = url) =>
  `<a href="${escapeHtml(url)}" style="color:${quiet};word-break:break-all">${escapeHtml(label)}</a>`

const endOfPage = '</div></body></html>'

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>${escapeHtml(title)}</title></head>` +
  '<body style="background:#f3f4f6;margin:0;padding:24px 12px">' +
  `<div style="background:#fff;border-radius:12px;color:${ink};font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;margin:0 auto;max-width:520px;padding:28px 24px">` +
  `<p style="color:#4f46e5;font-size:18px;font-weight:700;margin:0 0 20px">Veza</p>${body}${endOfPage}`

const prose = (text: string) => escapeHtml(text).replaceAll('\n', '<br>')

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character]!)
