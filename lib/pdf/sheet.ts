import { createCanvas, page } from './canvas.ts'
import type { FontName } from './fonts.ts'
import { isRtl } from './reading-order.ts'
import { missing } from './showing.ts'
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

type Cell = TextStyle & { readonly text: string }

const margin = 56
const bottom = page.height - margin - 24
const fullWidth = page.width - 2 * margin
const ink = '#16181d'
const faint = '#666c78'
const textSize = 9.5
const leading = 1.4
const nameWidth = 160
const amountWidth = 120

/** A page of text, and as many more as it takes: the same bytes for the same text and time. */
export async function createSheet({ title, foot, created }: SheetOptions) {
  const canvas = await createCanvas(title, created)
  let y = margin

  const need = (height: number) => {
    if (y + height <= bottom) return
    canvas.addPage()
    y = margin
  }

  /** Draws text from here on, over as many lines and pages as it takes. */
  const text = (content: string, style: TextStyle = {}) => {
    const { font = 'regular', size = textSize, color = ink, x = margin } = style
    const { width = page.width - margin - x } = style
    canvas.setFont(font, size)
    for (const paragraph of canvas.toShown(content).split('\n')) {
      const is_rtl = isRtl(paragraph)
      const align = style.align ?? (is_rtl ? 'right' : 'left')
      for (const line of wrap(paragraph, width, canvas.measure)) {
        need(size * leading)
        canvas.setFont(font, size)
        canvas.drawLine(line, { x, y, width }, { color, is_rtl, align })
        y += size * leading
      }
    }
  }

  /** Cells side by side. Only the last one may be so long that it goes on on another page. */
  const row = (cells: readonly Cell[]) => {
    need(textSize * leading * 2)
    const [top, pages] = [y, canvas.countPages()]
    let lowest = top
    for (const { text: content, ...style } of cells) {
      y = top
      text(content, style)
      lowest = canvas.countPages() === pages ? Math.max(lowest, y) : y
    }
    y = lowest + 2
  }

  const drawFeet = () => {
    const pages = canvas.countPages()
    const place = { x: margin, y: page.height - margin + 4, width: fullWidth }
    const style = { color: faint, is_rtl: false } as const
    for (let at = 0; at < pages; at++) {
      canvas.switchToPage(at)
      canvas.setFont('regular', 7.5)
      canvas.drawLine(foot, place, { ...style, align: 'left' })
      canvas.drawLine(`${at + 1} / ${pages}`, place, { ...style, align: 'right' })
    }
  }

  return {
    width: fullWidth,
    text,
    space(height: number) {
      y += height
    },
    /** Goes on no higher than this below the top of the page. */
    below(height: number) {
      y = Math.max(y, margin + height)
    },
    faint: (content: string) => text(content, { color: faint, size: 8 }),
    heading(content: string) {
      need(60)
      y += 12
      text(content, { font: 'bold', size: 11 })
      canvas.drawRule({ x: margin, y: y + 1, width: fullWidth })
      y += 6
    },
    /** A name and what it is, side by side. */
    fact: (name: string, value: string, size = textSize) =>
      row([
        { text: name, color: faint, width: nameWidth - 10 },
        { text: value, x: margin + nameWidth, align: 'left', size },
      ]),
    /** What something is, and how much it comes to at the right. */
    entry: (name: string, amount: string, font: FontName = 'regular') =>
      row([
        { text: amount, font, x: page.width - margin - amountWidth, align: 'right' },
        { text: name, font, width: fullWidth - amountWidth - 16, align: 'left' },
      ]),
    /** At the top right of the page. */
    code: (modules: readonly (readonly boolean[])[], width: number, link: string) =>
      canvas.drawCode(modules, { x: page.width - margin - width, y: margin, width }, link),
    finish(): Promise<Buffer> {
      if (canvas.isAnythingMissing()) {
        y += 8
        text(`${missing} stands for a character that this page cannot show. The JSON document has it.`)
      }
      drawFeet()
      return canvas.finish()
    },
  }
}
