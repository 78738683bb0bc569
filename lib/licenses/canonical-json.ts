type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/**
 * One text for one value, whoever writes it (RFC 8785): members in the order of their names' UTF-16 units, no spaces,
 * numbers and strings as ECMAScript has them. So what the database has put into an order of its own comes out the same.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
