import type { SealedField, SealedRow } from '../../auth/reseal.ts'

type Table = 'webhook_endpoints' | 'webhook_old_secrets'
type Column = 'sealed_secret' | 'sealed_headers'

const sealedIn = (table: Table, column: Column): SealedField => ({
  name: `${table}.${column}`,

  // Of an endpoint that was removed nothing is left.
  list: async (db, { prefix }, after, limit) => db<SealedRow[]>`
    select id, ${db(column)} as sealed
    from ${db(table)}
    where ${db(column)} <> '' and not starts_with(${db(column)}, ${prefix})
      and (${after}::uuid is null or id > ${after}::uuid)
    order by id
    limit ${limit}
  `,

  async replace(db, { id, sealed }, next) {
    const { count } = await db`
      update ${db(table)} set ${db(column)} = ${next} where id = ${id} and ${db(column)} = ${sealed}
    `
    return count === 1
  },
})

export const sealedWebhookSecrets = sealedIn('webhook_endpoints', 'sealed_secret')
export const sealedWebhookHeaders = sealedIn('webhook_endpoints', 'sealed_headers')
export const sealedOldWebhookSecrets = sealedIn('webhook_old_secrets', 'sealed_secret')
