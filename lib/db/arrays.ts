type Item<T> = T | null | Item<T>[]

/** Reads PostgreSQL's array literal (`{1,NULL,"a,b",{2}}`), each element through `parse`. */
export function parseArray<T>(literal: string, parse: (text: string) => T): Item<T>[] {
  const pattern = /"((?:[^"\\]|\\.)*)"|[{}]|[^{},"]+/g
  const root: Item<T>[] = []
  const open: Item<T>[][] = [root]
  for (const [token, quoted] of literal.matchAll(pattern)) {
    const current = open.at(-1)!
    if (token === '{') {
      const nested: Item<T>[] = []
      current.push(nested)
      open.push(nested)
    } else if (token === '}') open.pop()
    else if (quoted !== undefined) current.push(parse(quoted.replace(/\\(.)/g, '$1')))
    else current.push(token === 'NULL' ? null : parse(token))
  }
  return root[0] as Item<T>[]
}

/** Writes an array literal; every element is quoted, which any element type accepts. */
export function serializeArray<T>(items: readonly Item<T>[], serialize: (item: T) => string): string {
  return `{${items.map((item) => serializeItem(item, serialize)).join(',')}}`
}

function serializeItem<T>(item: Item<T>, serialize: (item: T) => string): string {
  if (item === null) return 'NULL'
  if (Array.isArray(item)) return serializeArray(item, serialize)
  return `"${serialize(item).replace(/[\\"]/g, '\\$&')}"`
}
