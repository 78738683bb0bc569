import { inflateSync } from 'node:zlib'

/**
 * The text of each page of a PDF as pdfkit writes it: what is drawn at one height is one line, its letters found by the
 * table that goes with the font for readers who copy or search.
 */
export function readPdf(bytes: Uint8Array): { pages: string[]; text: string } {
  const objects = readObjects(Buffer.from(bytes))
  const fonts = new Map<string, ReadonlyMap<string, string>>()
  for (const { text } of objects.values()) {
    for (const [, name, id] of text.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const table = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id!)?.text ?? '')?.[1]
      if (table) fonts.set(name!, readTable(objects.get(table)!.stream!))
    }
  }
  const pages = [...objects.values()]
    .map(({ text }) => /\/Type \/Page\b[^s]/.test(text) && /\/Contents (\d+) 0 R/.exec(text)?.[1])
    .filter((id) => id !== false && id !== undefined)
    .map((id) => readPage(objects.get(id!)!.stream!, fonts))
  return { pages, text: pages.join('\n') }
}

interface PdfObject {
  /** What stands before the stream. */
  readonly text: string
  readonly stream?: string
}

function readObjects(bytes: Buffer): Map<string, PdfObject> {
  const all = bytes.toString('latin1')
  return new Map(
    [...all.matchAll(/(\d+) 0 obj\n([\s\S]*?)(?:\nendobj|stream\n)/g)].map(([match, id, text = '']) => {
      if (!match.endsWith('stream\n')) return [id!, { text }]
      const at = all.indexOf(match) + match.length
      const raw = bytes.subarray(at, at + Number(/\/Length (\d+)/.exec(text)![1]))
      const stream = text.includes('/FlateDecode') ? inflateSync(raw) : raw
      return [id!, { text, stream: stream.toString('latin1') }]
    }),
  )
}

/** Glyph to letters, from `bfrange` lines as pdfkit writes them. */
function readTable(cmap: string): Map<string, string> {
  const table = new Map<string, string>()
  for (const [, from, , list] of cmap.matchAll(/<([\da-f]{4})> <([\da-f]{4})> \[(.*?)\]/gi)) {
    const letters = [...list!.matchAll(/<([\da-f ]*)>/gi)].map(([, hex]) =>
      fromUtf16(hex!.replaceAll(' ', '')),
    )
    for (const [offset, letter] of letters.entries()) {
      table.set((Number.parseInt(from!, 16) + offset).toString(16).padStart(4, '0'), letter)
    }
  }
  return table
}

const fromUtf16 = (hex: string) => Buffer.from(hex, 'hex').swap16().toString('utf16le')

function readPage(content: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const lines: { y: string; text: string }[] = []
  let [y, font] = ['', '']
  for (const [, at, name, array] of content.matchAll(
    /1 0 0 1 \S+ (\S+) Tm|\/(F\d+) \S+ Tf|\[([^\]]*)\] TJ/g,
  )) {
    if (at) y = at
    else if (name) font = name
    else if (array) {
      const codes = [...array.matchAll(/<([\da-f]*)>/gi)].flatMap(([, hex]) => hex!.match(/.{4}/g) ?? [])
      const text = codes.map((code) => fonts.get(font)?.get(code.toLowerCase()) ?? '').join('')
      const last = lines.at(-1)
      if (last?.y === y) last.text += text
      else lines.push({ y, text })
    }
  }
  return lines.map(({ text }) => text).join('\n')
}
