import type PDFDocument from 'pdfkit'
import { type FontName, fonts } from './fonts.ts'
import { isRtl, toReadingOrder } from './reading-order.ts'
import { missing, toShowable } from './showing.ts'
import { wrap } from './wrapping.ts'

export interface SheetOptions {
  readonly title: string
  /** Stands at the foot of every page. */
  readonly foot: string
  readonly created: Date
}

interface TextStyle {
  readonly font?: FontName
  readonly size?: number
  readonly color?: string
  readonly x?: number
  readonly width?: number
  /** By the direction of the text unless said otherwise. */
  readonly align?: 'left' | 'right'
}

const margin = 56
const page = { width: 595.28, height: 841.89 }
const bottom = page.height - margin - 24
const ink = '#16181d'
const faint = '#666c78'
const leading = 1.4
const amountWidth = 120

/** What pdfkit's types leave out. */
interface Drawing {
  readonly _font: { readonly font: { hasGlyphForCodePoint(codePoint: number): boolean } }
}

export type Sheet = Awaited<ReturnType<typeof createSheet>>

/** A page of text, and as many more as it takes: the same bytes for the same text and time. */
export async function createSheet({ title, foot, created }: SheetOptions) {
  // With its fonts some 20 ms to load, which only who asks for a page waits for.
  const { default: Document } = await import('pdfkit')
  const doc: typeof PDFDocument.prototype = new Document({
    size: [page.width, page.height],
    margin: 0,
    bufferPages: true,
    // None of those that every reader has: they lack most letters.
    font: fonts.regular,
    lang: 'en',
    displayTitle: true,
    info: { Title: title, Producer: 'Veza', Creator: 'Veza', CreationDate: created },
  })
  const chunks: Buffer[] = []
  doc.on('data', (chunk: Buffer) => chunks.push(chunk))
  const width = page.width - 2 * margin
  let y = margin
  let isAnythingMissing = false

  const use = (font: FontName, size: number) => {
    doc.font(fonts[font]).fontSize(size)
    return (text: string) => doc.widthOfString(text)
  }
  const toShown = (text: string) => {
    const { hasGlyphForCodePoint } = (doc as unknown as Drawing)._font.font
    const font = (doc as unknown as Drawing)._font.font
    const shown = toShowable(text, hasGlyphForCodePoint.bind(font))
    isAnythingMissing ||= shown.includes(missing) && !text.includes(missing)
    return shown
  }
  const need = (height: number) => {
    if (y + height <= bottom) return
    doc.addPage()
    y = margin
  }

  /** Lays a line out from the left to the right, piece by piece. */
  const drawLine = (
    line: string,
    isBaseRtl: boolean,
    at: { x: number; y: number; width: number },
    align: 'left' | 'right',
  ) => {
    const pieces = toReadingOrder(line, isBaseRtl)
    const widths = pieces.map(({ text }) => doc.widthOfString(text))
    const spare = at.width - widths.reduce((all, one) => all + one, 0)
    let x = at.x + (align === 'right' ? spare : 0)
    for (const [index, { text }] of pieces.entries()) {
      doc.text(text, x, at.y, { lineBreak: false })
      x += widths[index]!
    }
  }

  /** Draws text from here on, over as many lines and pages as it takes. */
  const text = (content: string, style: TextStyle = {}) => {
    const { font = 'regular', size = 9.5, color = ink, x = margin, align } = style
    const measure = use(font, size)
    const room = style.width ?? page.width - margin - x
    for (const paragraph of toShown(content).split('\n')) {
      for (const line of wrap(paragraph, room, measure)) {
        need(size * leading)
        use(font, size)
        doc.fillColor(color)
        const isBaseRtl = isRtl(paragraph)
        drawLine(line, isBaseRtl, { x, y, width: room }, align ?? (isBaseRtl ? 'right' : 'left'))
        y += size * leading
      }
    }
  }

  const space = (height: number) => {
    y += height
  }

  /** Cells of one row, each in its own column. */
  const row = (cells: readonly (TextStyle & { readonly text: string })[]) => {
    need((cells[0]?.size ?? 9.5) * leading * 2)
    const top = y
    let lowest = y
    const firstPage = doc.bufferedPageRange().count
    for (const { text: content, ...style } of cells) {
      // What goes on to another page stays there: only the last cell may be that long.
      if (doc.bufferedPageRange().count === firstPage) y = top
      text(content, style)
      lowest = doc.bufferedPageRange().count === firstPage ? Math.max(lowest, y) : y
    }
    y = lowest + 2
  }

  return {
    width,
    text,
    space,
    row,
    faint: (content: string) => text(content, { color: faint, size: 8 }),
    heading(content: string) {
      need(60)
      space(12)
      text(content, { font: 'bold', size: 11 })
      doc
        .moveTo(margin, y + 1)
        .lineTo(page.width - margin, y + 1)
        .lineWidth(0.5)
        .strokeColor('#c9cdd4')
        .stroke()
      space(6)
    },
    /** A name and what it is, side by side. */
    fact: (name: string, value: string, size?: number) =>
      row([
        { text: name, color: faint, width: 150 },
        { text: value, x: margin + 160, align: 'left', ...(size && { size }) },
      ]),
    /** What something is, and how much it comes to at the right. */
    entry: (name: string, amount: string, font: FontName = 'regular') =>
      row([
        { text: amount, font, x: page.width - margin - amountWidth, align: 'right' },
        { text: name, font, width: width - amountWidth - 16, align: 'left' },
      ]),
    /** Goes on no higher than this below the top of the page. */
    below(height: number) {
      y = Math.max(y, margin + height)
    },
    /** Modules of a QR code at the top right of the page. */
    qr(modules: readonly (readonly boolean[])[], size: number, link: string) {
      const side = size / modules.length
      const left = page.width - margin - size
      for (const [line, cells] of modules.entries()) {
        for (const [column, isDark] of cells.entries()) {
          if (isDark) doc.rect(left + column * side, margin + line * side, side, side)
        }
      }
      doc.fillColor('#000000').fill()
      doc.link(left, margin, size, size, link)
    },
    async finish(): Promise<Buffer> {
      if (isAnythingMissing) {
        space(8)
        text(`${missing} stands for a character that this page cannot show. The JSON document has it.`, {
          size: 8,
        })
      }
      const { count } = doc.bufferedPageRange()
      for (let at = 0; at < count; at++) {
        doc.switchToPage(at)
        use('regular', 7.5)
        doc.fillColor(faint)
        const place = { x: margin, y: page.height - margin + 4, width }
        drawLine(foot, false, place, 'left')
        drawLine(`${at + 1} / ${count}`, false, place, 'right')
      }
      const ended = new Promise<void>((resolve, reject) => doc.once('end', resolve).once('error', reject))
      doc.end()
      await ended
      return Buffer.concat(chunks)
    },
  }
}
