import { readFileSync } from 'node:fs'

const css = readFileSync('infra/local/demo-page/style.css', 'utf8')
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
)

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string, scheme: 'light' | 'dark'): number {
  const [darker = 0, lighter = 0] = [one, other]
    .map((name) => luminance(colours.get(name)![scheme]))
    .sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

const texts = [
  ...['paper', 'card', 'raised', 'accent-soft'].flatMap((ground) => [
    ['ink', ground],
    ['quiet', ground],
  ]),
  ...['good', 'bad', 'warn'].flatMap((tone) => [
    [tone, `${tone}-soft`],
    [tone, 'card'],
  ]),
  ['accent', 'accent-soft'],
  ['accent-ink', 'accent'],
] as [string, string][]

test.each(texts)('%s on %s is read by everybody, light and dark (AA)', (text, ground) => {
  expect(contrast(text, ground, 'light')).toBeGreaterThanOrEqual(4.5)
  expect(contrast(text, ground, 'dark')).toBeGreaterThanOrEqual(4.5)
})

test.each([
  ['edge', 'card'],
  ['edge', 'paper'],
  ['accent', 'paper'],
  ['accent', 'card'],
] as [string, string][])('the outline of a control, %s on %s, is seen', (edge, ground) => {
  expect(contrast(edge, ground, 'light')).toBeGreaterThanOrEqual(3)
  expect(contrast(edge, ground, 'dark')).toBeGreaterThanOrEqual(3)
})
