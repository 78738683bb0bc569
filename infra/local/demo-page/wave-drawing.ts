import { type Peaks, rangeOf } from './peaks.ts'

export interface Drawing {
  readonly peaks: Peaks | undefined
  /** What the canvas spans, in seconds of the track. */
  readonly from: number
  readonly to: number
  readonly position: number
  readonly duration: number
  readonly hover?: number | undefined
  /** A part to be told from the rest, such as the preview. */
  readonly marked?: { readonly from: number; readonly to: number } | undefined
}

const barWidth = 2
const barGap = 1

/** Bars a whole number of device pixels wide, so that they are sharp on every screen. */
export function drawWave(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = sizeToScreen(canvas)
  if (!context) return
  const colours = coloursOf(canvas)
  const { width, height } = canvas
  const { from, to, position } = drawing
  const ratio = width / Math.max(1, canvas.clientWidth)
  const [bar, step] = [Math.round(barWidth * ratio), Math.round((barWidth + barGap) * ratio)]
  const secondsAt = (x: number) => from + (x / width) * (to - from)
  const middle = Math.round(height / 2)
  context.clearRect(0, 0, width, height)
  drawMark(context, drawing, colours.mark)
  for (let x = 0; x < width; x += step) {
    const [start, end] = [secondsAt(x), secondsAt(x + step)]
    if (end <= 0 || start >= drawing.duration) continue
    const [low, high] = drawing.peaks ? rangeOf(drawing.peaks, start, end) : [0, 0]
    const top = Math.max(ratio, high * (middle - ratio))
    const bottom = Math.max(ratio, -low * (middle - ratio))
    context.fillStyle = start < position ? colours.played : colours.rest
    context.fillRect(x, middle - Math.round(top), bar, Math.round(top) + Math.round(bottom))
  }
  const at = (seconds: number) => Math.round(((seconds - from) / (to - from)) * width)
  if (drawing.hover !== undefined) line(context, at(drawing.hover), ratio, colours.hover)
  if (position > 0) line(context, at(position), 2 * ratio, colours.head)
}

function drawMark(context: CanvasRenderingContext2D, drawing: Drawing, colour: string): void {
  const { marked, from, to } = drawing
  if (!marked) return
  const { width, height } = context.canvas
  const at = (seconds: number) => ((seconds - from) / (to - from)) * width
  context.fillStyle = colour
  context.fillRect(at(marked.from), 0, at(marked.to) - at(marked.from), height)
}

function line(context: CanvasRenderingContext2D, x: number, thickness: number, colour: string): void {
  context.fillStyle = colour
  context.fillRect(x - thickness / 2, 0, thickness, context.canvas.height)
}

/** As many pixels as the screen shows of it. */
function sizeToScreen(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const width = Math.round(canvas.clientWidth * ratio)
  const height = Math.round(canvas.clientHeight * ratio)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  return width > 0 && height > 0 ? canvas.getContext('2d') : null
}

/** From the style sheet, which knows whether it is dark. */
function coloursOf(canvas: HTMLCanvasElement) {
  const style = getComputedStyle(canvas)
  return {
    played: style.color,
    rest: style.borderTopColor,
    hover: style.borderRightColor,
    head: style.borderBottomColor,
    mark: style.borderLeftColor,
  }
}
