/** One line of the report: ours beside what it is measured against, in the same run. */
export interface Figure {
  readonly name: string
  readonly ours: number
  readonly against: number
  readonly unit: string
  /** `ratio` ours ÷ against; `difference` ours − against. */
  readonly compare: 'ratio' | 'difference'
  readonly goal?: number
}

export function printFigures(title: string, figures: readonly Figure[]) {
  console.log(`\n${title}`)
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, ours, against, unit, compare, goal } of figures) {
    const value = compare === 'ratio' ? ours / against : ours - against
    const shown =
      compare === 'ratio' ? `${value.toFixed(2)}×` : `${value >= 0 ? '+' : ''}${value.toFixed(1)} ${unit}`
    const goalText =
      goal === undefined
        ? ''
        : `  goal ≤ ${goal}${compare === 'ratio' ? '×' : ` ${unit}`}${value <= goal ? '' : '  ← over'}`
    console.log(`  ${name.padEnd(width)}  ${pretty(ours)} / ${pretty(against)} ${unit}  ${shown}${goalText}`)
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

const pretty = (value: number) =>
  (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 3)).padStart(8)
