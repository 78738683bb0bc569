type Child = Node | string | false | null | undefined
type Props = Readonly<Record<string, unknown>>

/** An element with attributes, listeners (`onclick`) and children. Strings become text, whatever stands in them. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  setProps(element, props)
  element.append(...children.filter((child) => child !== false && child != null))
  return element
}

function setProps(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false || value === null) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
}

/** A drawing of style.css's sheet of icons: line art, in the colour of the text. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  setProps(svg, { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' })
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#icon-${name}`)
  svg.append(use)
  return svg
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`The page has no #${id}`)
  return element as T
}

/** Builds anew only when what is shown has changed, so that focus and selection stay where they are. */
export function createSlot(target: HTMLElement) {
  let shown: string | undefined
  return (model: unknown, build: () => readonly Child[]): void => {
    const next = JSON.stringify(model)
    if (next === shown) return
    shown = next
    target.replaceChildren(...build().filter((child) => child !== false && child != null))
  }
}

let lastSaid = ''

/** Tells a screen reader what changed, once. */
export function announce(text: string): void {
  if (text === lastSaid) return
  lastSaid = text
  byId('live').textContent = text
}

/** Something that went wrong, until it is tried again or taken note of. */
export function showProblem(text: string, retry?: () => void): void {
  const close = (after?: () => void) => () => {
    notice.remove()
    after?.()
  }
  const button = (label: string, onclick: () => void) =>
    el('button', { type: 'button', class: 'small', onclick }, label)
  const notice = el(
    'p',
    { class: 'notice bad' },
    el('span', {}, text),
    retry && button('Try again', close(retry)),
    button('Dismiss', close()),
  )
  byId('problems').append(notice)
}
