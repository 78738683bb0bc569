/** Elements by name; a list repeats its element, undefined leaves it out. */
export type XmlNode =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlNode[]
  | { readonly [element: string]: XmlNode }

export function toXml(root: string, content: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`
}

function element(name: string, content: XmlNode): string {
  if (content === undefined) return ''
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join('')
  if (typeof content !== 'object') return `<${name}>${escapeText(String(content))}</${name}>`
  const children = Object.entries(content).map(([child, value]) => element(child, value as XmlNode))
  return `<${name}>${children.join('')}</${name}>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeText = (text: string) => text.replace(/[&<>"]/g, (char) => entities[char] ?? char)
