import { badRequest } from './error.ts'

export type FormValue = string | FormValue[] | { [key: string]: FormValue }
export interface Form {
  [key: string]: FormValue
}

/** Deeper than any parameter of Stripe's. */
const MAX_DEPTH = 8

type Branch = Map<string, string | Branch>

/** `a[b][0]=x&a[b][]=y` as Stripe reads it: objects, and arrays where every key of one is a number or left out. */
export function readForm(text: string): Form {
  const root: Branch = new Map()
  for (const [key, value] of new URLSearchParams(text)) place(root, pathOf(key), value)
  return toObject(root)
}

function pathOf(key: string): readonly string[] {
  const [, head, tail = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key) ?? []
  if (head === undefined) throw badRequest(`Invalid parameter name: ${key}`)
  const path = [head, ...tail.split(/\[|\]\[|\]/).slice(1, -1)]
  if (path.length > MAX_DEPTH) throw badRequest(`Invalid parameter name: ${key}`)
  return path
}

function place(root: Branch, path: readonly string[], value: string): void {
  let branch = root
  for (const key of path.slice(0, -1)) {
    const at = key === '' ? String(branch.size) : key
    const next = branch.get(at) ?? new Map()
    if (typeof next === 'string') throw badRequest(`Invalid hash: ${path.join('.')}`)
    branch.set(at, next)
    branch = next
  }
  const last = path.at(-1)!
  branch.set(last === '' ? String(branch.size) : last, value)
}

/** Without a prototype, for the keys are anybody's. */
function toObject(branch: Branch): Form {
  const object: Form = Object.create(null)
  for (const [key, value] of branch) object[key] = toValue(value)
  return object
}

function toValue(value: string | Branch): FormValue {
  if (typeof value === 'string') return value
  const keys = [...value.keys()]
  return keys.every((key) => /^\d+$/.test(key)) ? [...value.values()].map(toValue) : toObject(value)
}
