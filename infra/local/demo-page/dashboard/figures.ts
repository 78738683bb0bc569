const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })

export const formatCount = (count: number) => whole.format(count)
/** On axes, where there is little room. */
export const formatShort = (count: number) => compact.format(count)
export const formatShare = (share: number) => percent.format(share)
export const formatDay = (at: string | number) =>
  day.format(typeof at === 'number' ? at * 1_000 : Date.parse(at))

export function formatHours(ms: number): string {
  const hours = ms / 3_600_000
  return hours >= 10 ? `${whole.format(Math.round(hours))} h` : `${hours.toFixed(1)} h`
}

/** Amounts come in the smallest unit of their currency, of which the browser knows the digits. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** `DE` is Germany; `other` stays what it is. */
export const nameCountry = (code: string) => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code)
