import type { Properties, StackDocument } from './documents.ts'
import {
  ACCOUNT,
  attributeOf,
  type Named,
  PARTITION,
  type Places,
  REGION,
  refOf,
  URL_SUFFIX,
} from './names.ts'

export interface Resolver {
  resolve(stack: string, value: unknown, path: string): unknown
  condition(stack: string, name: string): boolean
  ref(stack: string, id: string, path: string): string
  attribute(stack: string, id: string, attribute: string, path: string): string
}

/** `AWS::NoValue`: the property that holds it is as good as not written. */
const NO_VALUE = Symbol('AWS::NoValue')

interface Scope {
  readonly stack: string
  readonly document: StackDocument
  /** Where in the template we are, for the message when something cannot be resolved. */
  readonly path: string
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown

export function createResolver(
  stacks: ReadonlyMap<string, StackDocument>,
  parameters: Readonly<Record<string, string>>,
  places: Places,
): Resolver {
  const exports = collectExports(stacks)
  const resolving = new Set<string>()

  const intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (id, scope) => refer(String(id), scope),
    'Fn::GetAtt': (argument, scope) => {
      const [id, name] = Array.isArray(argument) ? argument : splitOnce(String(argument), '.')
      return attribute(String(id), String(resolve(name, scope)), scope)
    },
    'Fn::Sub': (argument, scope) => substitute(argument, scope),
    'Fn::Join': (argument, scope) => {
      const [separator, parts] = list(argument, scope)
      return list(resolve(parts, scope), scope).map(String).join(String(separator))
    },
    'Fn::Select': (argument, scope) => {
      const [index, parts] = list(resolve(argument, scope), scope)
      const found = list(parts, scope)[Number(index)]
      return found ?? fail(scope, `Fn::Select has no element ${index}`)
    },
    'Fn::Split': (argument, scope) => {
      const [separator, text] = list(resolve(argument, scope), scope)
      return String(text).split(String(separator))
    },
    'Fn::If': (argument, scope) => {
      const [name, yes, no] = list(argument, scope)
      return resolve(condition(String(name), scope) ? yes : no, scope)
    },
    'Fn::Equals': (argument, scope) => {
      const [left, right] = list(resolve(argument, scope), scope)
      return String(left) === String(right)
    },
    'Fn::And': (argument, scope) => list(argument, scope).every((part) => resolve(part, scope)),
    'Fn::Or': (argument, scope) => list(argument, scope).some((part) => resolve(part, scope)),
    'Fn::Not': (argument, scope) => !resolve(list(argument, scope)[0], scope),
    Condition: (name, scope) => condition(String(name), scope),
    'Fn::FindInMap': (argument, scope) => {
      const [map, first, second] = list(resolve(argument, scope), scope).map(String)
      const found = scope.document.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? '']
      return found ?? fail(scope, `Fn::FindInMap finds nothing at ${map}.${first}.${second}`)
    },
    'Fn::ImportValue': (argument, scope) => {
      const name = String(resolve(argument, scope))
      const found = exports.get(name) ?? fail(scope, `no stack exports ${name}`)
      return resolveIn(found.stack, found.value, `${scope.path} (export ${name})`)
    },
    'Fn::Base64': (argument, scope) => Buffer.from(String(resolve(argument, scope))).toString('base64'),
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`),
  }

  function resolve(value: unknown, scope: Scope): unknown {
    if (Array.isArray(value)) {
      return value
        .map((item, index) => resolve(item, { ...scope, path: `${scope.path}[${index}]` }))
        .filter((item) => item !== NO_VALUE)
    }
    if (typeof value !== 'object' || value === null) return value
    const call = intrinsicOf(value)
    if (call) {
      const intrinsic = intrinsics[call.name] ?? fail(scope, `${call.name} is not known here`)
      return intrinsic(call.argument, scope)
    }
    return resolveObject(value as Properties, scope)
  }

  function resolveObject(value: Properties, scope: Scope): Properties {
    const entries = Object.entries(value).map(
      ([name, item]) => [name, resolve(item, { ...scope, path: `${scope.path}.${name}` })] as const,
    )
    return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE))
  }

  function resolveIn(stack: string, value: unknown, path: string): unknown {
    const resolved = resolve(value, { stack, document: stacks.get(stack)!, path })
    return resolved === NO_VALUE ? undefined : resolved
  }

  function refer(id: string, scope: Scope): unknown {
    const pseudo = pseudoParameter(id, scope.stack)
    if (pseudo !== undefined) return pseudo
    const parameter = scope.document.Parameters?.[id]
    if (parameter) return parameterValue(id, parameter.Default, parameter.Type, scope)
    return guarded(`Ref ${scope.stack}.${id}`, scope, () => refOf(describe(id, scope), places))
  }

  function parameterValue(id: string, fallback: unknown, type: string | undefined, scope: Scope): unknown {
    const value = parameters[id] ?? fallback ?? fail(scope, `the parameter ${id} has no value`)
    return type === 'CommaDelimitedList' ? String(value).split(',') : value
  }

  function attribute(id: string, name: string, scope: Scope): string {
    const resource = describe(id, scope)
    const value = guarded(`GetAtt ${scope.stack}.${id}.${name}`, scope, () =>
      attributeOf(resource, name, places),
    )
    return value ?? fail(scope, `${resource.type} has no attribute ${name} here`)
  }

  function describe(id: string, scope: Scope): Named {
    const resource = scope.document.Resources?.[id] ?? fail(scope, `the stack has no resource ${id}`)
    return {
      stack: scope.stack,
      id,
      type: resource.Type,
      property: (name) =>
        resolveIn(scope.stack, resource.Properties?.[name], `${scope.stack}.${id}.Properties.${name}`),
    }
  }

  /** A name that is made of itself would recurse for ever. */
  function guarded<T>(what: string, scope: Scope, work: () => T): T {
    if (resolving.has(what)) fail(scope, `${what} refers to itself`)
    resolving.add(what)
    try {
      return work()
    } finally {
      resolving.delete(what)
    }
  }

  function substitute(argument: unknown, scope: Scope): string {
    const [text, given] = Array.isArray(argument) ? argument : [argument, {}]
    const values = resolveObject((given ?? {}) as Properties, scope)
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      if (name in values) return String(values[name])
      const [id, attributeName] = splitOnce(name, '.')
      return String(attributeName ? attribute(id, attributeName, scope) : refer(id, scope))
    })
  }

  function condition(name: string, scope: Scope): boolean {
    const document = scope.document.Conditions?.[name] ?? fail(scope, `the stack has no condition ${name}`)
    return guarded(`Condition ${scope.stack}.${name}`, scope, () =>
      Boolean(resolve(document, { ...scope, path: `${scope.stack}.Conditions.${name}` })),
    )
  }

  const scopeOf = (stack: string, path: string): Scope => ({ stack, document: stacks.get(stack)!, path })
  return {
    resolve: resolveIn,
    condition: (stack, name) => condition(name, scopeOf(stack, `${stack}.Conditions.${name}`)),
    ref: (stack, id, path) => String(refer(id, scopeOf(stack, path))),
    attribute: (stack, id, name, path) => attribute(id, name, scopeOf(stack, path)),
  }
}

function collectExports(stacks: ReadonlyMap<string, StackDocument>) {
  const exports = new Map<string, { stack: string; value: unknown }>()
  for (const [stack, document] of stacks) {
    for (const output of Object.values(document.Outputs ?? {})) {
      if (typeof output.Export?.Name === 'string')
        exports.set(output.Export.Name, { stack, value: output.Value })
    }
  }
  return exports
}

function intrinsicOf(value: object): { name: string; argument: unknown } | undefined {
  const entries = Object.entries(value)
  const [entry] = entries
  if (!entry || entries.length !== 1) return undefined
  const [name, argument] = entry
  if (name === 'Ref' || name.startsWith('Fn::')) return { name, argument }
  // A policy statement has a `Condition` too; the intrinsic is the one that names a condition.
  if (name === 'Condition' && typeof argument === 'string') return { name, argument }
  return undefined
}

function pseudoParameter(id: string, stack: string): unknown {
  switch (id) {
    case 'AWS::AccountId':
      return ACCOUNT
    case 'AWS::Region':
      return REGION
    case 'AWS::Partition':
      return PARTITION
    case 'AWS::URLSuffix':
      return URL_SUFFIX
    case 'AWS::StackName':
      return stack
    case 'AWS::StackId':
      return `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${stack}/local`
    case 'AWS::NotificationARNs':
      return []
    case 'AWS::NoValue':
      return NO_VALUE
    default:
      return undefined
  }
}

function list(value: unknown, scope: Scope): unknown[] {
  return Array.isArray(value) ? value : fail(scope, 'a list is expected')
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function fail(scope: Scope, reason: string): never {
  throw new Error(`${scope.path}: ${reason}`)
}
