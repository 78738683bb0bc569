import { type FontName, fonts } from './fonts.ts'
import { toReadingOrder } from './reading-order.ts'
import { missing, toShowable } from './showing.ts'

/** In points: A4. */
export const page = { width: 595.28, height: 841.89 }

export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
}

export interface LineStyle {
  readonly color: string
  readonly is_rtl: boolean
  readonly align: 'left' | 'right'
}

/** What pdfkit's types leave out. */
interface Drawing {
  readonly _font: { readonly font: { hasGlyphForCodePoint(codePoint: number): boolean } }
}

/** Pages to draw on, with nothing on them that depends on the day or the machine. */
export async function createCanvas(title: string, created: Date) {
  const doc = await openDocument(title, created)
  const chunks: Buffer[] = []
  doc.on('data', (chunk: Buffer) => chunks.push(chunk))
  const measure = (text: string) => doc.widthOfString(text)
  let isAnythingMissing = false

  return {
    addPage: () => doc.addPage(),
    countPages: () => doc.bufferedPageRange().count,
    switchToPage: (at: number) => doc.switchToPage(at),
    isAnythingMissing: () => isAnythingMissing,
    measure,
    setFont: (font: FontName, size: number) => doc.font(fonts[font]).fontSize(size),
    /** The text as the font that is set can show it. */
    toShown(text: string): string {
      const { font } = (doc as unknown as Drawing)._font
      const shown = toShowable(text, (codePoint) => font.hasGlyphForCodePoint(codePoint))
      isAnythingMissing ||= countMissing(shown) > countMissing(text)
      return shown
    },
    /** Lays a line out from the left to the right, piece by piece. */
    drawLine(line: string, { x, y, width }: Place, { color, is_rtl, align }: LineStyle) {
      const pieces = toReadingOrder(line, is_rtl).map(({ text }) => ({ text, width: measure(text) }))
      const used = pieces.reduce((all, piece) => all + piece.width, 0)
      let at = align === 'right' ? x + width - used : x
      doc.fillColor(color)
      for (const piece of pieces) {
        doc.text(piece.text, at, y, { lineBreak: false })
        at += piece.width
      }
    },
    drawRule: ({ x, y, width }: Place) =>
      doc
        .moveTo(x, y)
        .lineTo(x + width, y)
        .lineWidth(0.5)
        .strokeColor('#c9cdd4')
        .stroke(),
    /** Modules of a QR code, which opens what it says when it is clicked too. */
    drawCode(modules: readonly (readonly boolean[])[], { x, y, width }: Place, link: string) {
      const side = width / modules.length
      for (const [line, cells] of modules.entries()) {
        for (const [column, isDark] of cells.entries()) {
          if (isDark) doc.rect(x + column * side, y + line * side, side, side)
        }
      }
      doc.fillColor('#000000').fill()
      doc.link(x, y, width, width, link)
    },
    async finish(): Promise<Buffer> {
      const ended = new Promise<void>((resolve, reject) => doc.once('end', resolve).once('error', reject))
      doc.end()
      await ended
      return Buffer.concat(chunks)
    },
  }
}

/** A large package, which only those who ask for a page wait for. */
async function openDocument(title: string, created: Date) {
  const { default: PDFDocument } = await import('pdfkit')
  return new PDFDocument({
    size: [page.width, page.height],
    margin: 0,
    bufferPages: true,
    // None of those that every reader has: they lack most letters.
    font: fonts.regular,
    lang: 'en',
    displayTitle: true,
    info: { Title: title, Producer: 'Veza', Creator: 'Veza', CreationDate: created },
  })
}

const countMissing = (text: string) => text.split(missing).length
