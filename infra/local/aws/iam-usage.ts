import type { Principal, Statement } from '../principals.ts'
import type { Need } from './need.ts'

export interface UsedPermission {
  readonly action: string
  readonly resource: string
  allowed: number
  refused: number
}

/** Per principal: what it asked for, and which granted actions nobody has asked for yet. */
export type Usage = Readonly<Record<string, { used: UsedPermission[]; unused: Need[] }>>

export function createUsage() {
  const byPrincipal = new Map<string, Map<string, UsedPermission>>()
  return {
    record(principal: Principal, need: Need, allowed: boolean): void {
      const permissions = byPrincipal.get(principal.name) ?? new Map<string, UsedPermission>()
      byPrincipal.set(principal.name, permissions)
      const resource = resourceClass(need.resource)
      const key = `${need.action} ${resource}`
      const permission = permissions.get(key) ?? { action: need.action, resource, allowed: 0, refused: 0 }
      if (allowed) permission.allowed += 1
      else permission.refused += 1
      permissions.set(key, permission)
    },
    report(principals: readonly Principal[]): Usage {
      return Object.fromEntries(
        principals.map((principal) => {
          const used = [...(byPrincipal.get(principal.name)?.values() ?? [])]
          return [principal.name, { used, unused: unusedGrants(principal, used) }]
        }),
      )
    },
  }
}

/** Logs, network interfaces and the database are granted too, but nobody asks for those here. */
const guarded = /^(s3|sqs|ses|secretsmanager|lambda|execute-api):/

/** Ids in object keys and routes would make every call its own line; one line a kind of resource is what is read. */
const resourceClass = (resource: string) =>
  resource
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '{id}')
    .replace(/[0-9a-f]{64}/gi, '{sha256}')

function unusedGrants(principal: Principal, used: readonly UsedPermission[]): Need[] {
  const granted = principal.policies
    .flatMap(({ Statement }) => [Statement].flat() as Statement[])
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) =>
      list(statement.Action).map((action) => ({ action, resources: list(statement.Resource) })),
    )
  return granted
    .filter(({ action }) => guarded.test(action))
    .filter(({ action, resources }) => !used.some((use) => use.allowed > 0 && covers(action, resources, use)))
    .map(({ action, resources }) => ({ action, resource: resources.join(' ') }))
}

const covers = (action: string, resources: readonly string[], use: Need) =>
  matches(action.toLowerCase(), use.action.toLowerCase()) &&
  resources.some((resource) => matches(resource, use.resource))

function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

const list = (value: string | readonly string[] | undefined) => [value ?? []].flat()
