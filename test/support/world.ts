import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Actor } from '../../lib/auth/actor.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import { hashToken, randomToken } from '../../lib/auth/one-time-tokens.ts'
import { createAccessTokenSigner } from '../../lib/auth/tokens.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { ImageKind } from '../../lib/images/image-types.ts'
import { issueInvoices } from '../../lib/invoices/issuing.ts'
import { postPayout } from '../../lib/ledger/payout-postings.ts'
import { presets } from '../../lib/products/presets.ts'
import { sellLicense } from './licenses.ts'

/** People and their things, put straight into the database, for tests that call each route as each of them. */
export type WorldSigner = ReturnType<typeof createAccessTokenSigner>

/** Signs as the platform does, with the key that it keeps beside its data. */
export async function signerOf(platformFile: string, now?: () => Date): Promise<WorldSigner> {
  const secrets = JSON.parse(await readFile(path.join(path.dirname(platformFile), 'secrets.json'), 'utf8'))
  const name = Object.keys(secrets).find((arn) => arn.includes('JwtSecret'))
  const current = secrets[name!].find(({ stages }: { stages: string[] }) => stages.includes('AWSCURRENT'))
  const { keys } = parseKeyRing(current.value)
  // The oldest: that of a rotation that another test has just made is not known everywhere yet.
  const [kid] = keys.keys()
  const ring = { kid: kid!, keys }
  return createAccessTokenSigner({ loadKeys: async () => ring, ttlSeconds: 900, ...(now && { now }) })
}

export interface Someone {
  readonly id: string
  readonly username: string
  readonly role: Actor['role']
}

export async function addSomeone(sql: Sql, role: Actor['role'] = 'user'): Promise<Someone> {
  const username = `m_${randomBytes(8).toString('hex')}`
  const [row] = await sql<[{ id: string }]>`
    insert into users (username, display_name, email, email_verified_at, password_hash, role)
    values (${username}, 'Somebody', ${`${username}@example.test`}, now(), 'none', ${role})
    returning id
  `
  return { id: row.id, username, role }
}

/** A session that has just begun, unless said otherwise. */
export async function addSession(
  sql: Sql,
  { id, role }: Someone,
  { signedInAt = new Date(), isRevoked = false } = {},
): Promise<Actor> {
  const soon = new Date(Date.now() + 3_600_000)
  const [row] = await sql<[{ id: string }]>`
    insert into sessions (user_id, auth_time, idle_expires_at, expires_at, revoked_at)
    values (${id}, ${signedInAt}, ${soon}, ${soon}, ${isRevoked ? new Date() : null})
    returning id
  `
  const auth_time = Math.floor(signedInAt.getTime() / 1_000)
  return { id, role, session_id: row.id, token_version: 1, auth_time, acr: 'aal1' }
}

/** A private track that nothing was uploaded to yet. */
export async function addTrack(sql: Sql, ownerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into tracks (owner_id, title, rights_confirmed_at) values (${ownerId}, 'Secret', now()) returning id
  `
  return row.id
}

/** One by the track's owner. */
export async function addComment(sql: Sql, ownerId: string, trackId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into comments (track_id, author_id, artist_id, body, is_counted)
    values (${trackId}, ${ownerId}, ${ownerId}, 'Secret', true)
    returning id
  `
  return row.id
}

/** A draft. */
export async function addProduct(sql: Sql, sellerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    with product as (
      insert into products (seller_id, kind, title, created_at, updated_at)
      values (${sellerId}, 'service', 'Secret', now(), now())
      returning id
    )
    insert into product_tiers (product_id, position, name, price_amount, currency, license, contract, created_at)
    select id, 0, 'Secret', 0, 'usd', ${sql.json(presets.basic_lease.terms)}, 'Secret', now() from product
    returning product_id as id
  `
  return row.id
}

export async function addTemplate(sql: Sql, sellerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into license_templates (seller_id, name, terms, contract, created_at, updated_at)
    values (${sellerId}, 'Secret', ${sql.json(presets.basic_lease.terms)}, 'Secret', now(), now())
    returning id
  `
  return row.id
}

export async function addDiscount(sql: Sql, sellerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into discounts (seller_id, code, percent_bps, starts_at, created_at, updated_at)
    values (${sellerId}, 'SECRET', 1000, now(), now(), now())
    returning id
  `
  return row.id
}

/** It is disabled, so that nothing is ever sent. */
export async function addEndpoint(sql: Sql, accountId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into webhook_endpoints (
      account_id, url, api_version, sealed_secret, status, disabled_reason, disabled_at, created_at, updated_at
    ) values (
      ${accountId}, 'https://hooks.example.com/', '2026-12-01', '', 'disabled', 'owner', now(), now(), now()
    )
    returning id
  `
  return row.id
}

export async function addDelivery(sql: Sql, accountId: string): Promise<string> {
  const endpointId = await addEndpoint(sql, accountId)
  const [row] = await sql<[{ id: string }]>`
    with event as (
      insert into public_events (
        account_id, source_id, type, api_version, created_at, resource_id, sequence, data
      ) values (
        ${accountId}, uuidv7(), 'webhook.test', '2026-12-01', now(), ${endpointId}, 1, '{}'
      )
      returning id
    )
    insert into webhook_deliveries (endpoint_id, event_id, event_type, status, created_at, ended_at)
    select ${endpointId}, id, 'webhook.test', 'failed', now(), now() from event
    returning id
  `
  return row.id
}

/** To somebody who sells something. */
export async function addOffer(sql: Sql, buyerId: string): Promise<string> {
  const seller = await addSomeone(sql, 'creator')
  const [row] = await sql<[{ id: string }]>`
    insert into offers (
      product_id, tier_id, buyer_id, seller_id, amount, currency, expires_at, created_at, updated_at
    )
    select t.product_id, t.id, ${buyerId}, ${seller.id}, 800, 'usd', now() + interval '7 days', now(), now()
    from product_tiers t
    where t.product_id = ${await addProduct(sql, seller.id)}
    returning id
  `
  return row.id
}

/** Of a track of theirs, which they have sold to themselves, so that they are either side of it. */
export async function addLicense(sql: Sql, ownerId: string, trackId: string) {
  const party = { id: ownerId }
  const sale = { seller: party, buyer: party, track_id: trackId, price: 2_999 }
  const { license_id, order_id } = await sellLicense(sql, sale)
  const [license] = await sql<[{ serial: string }]>`select serial from licenses where id = ${license_id}`
  const [invoice_id = ''] = await sql.begin((tx) => issueInvoices(tx, order_id, new Date()))
  return { license_id, invoice_id, serial: license.serial }
}

/** One that nobody carries out, with a statement that is nowhere. */
export async function addPayout(sql: Sql, userId: string): Promise<string> {
  const amount = 1_000
  const currency = 'usd'
  return sql.begin(async (tx) => {
    const [{ id }] = await tx<[{ id: string }]>`
      insert into payouts (user_id, amount, currency, origin, statement_key, created_at, updated_at)
      values (${userId}, ${amount}, ${currency}, 'seller', 'exports/statements/none.csv', now(), now())
      returning id
    `
    await postPayout(tx, { id, user_id: userId, amount, currency }, new Date())
    return id
  })
}

/** Of somebody who has not paid yet, for something of nobody in particular unless a seller is named. */
export async function addOrder(sql: Sql, buyerId: string, soldBy?: string): Promise<string> {
  const sellerId = soldBy ?? (await addSomeone(sql, 'creator')).id
  const [row] = await sql<[{ id: string }]>`
    with ordered as (
      insert into orders (
        buyer_id, currency, subtotal_amount, total_amount, key_hash, expires_at, created_at, updated_at
      ) values (
        ${buyerId}, 'usd', 1000, 1000, ${randomUUID()}::text::bytea, now() + interval '1 day', now(), now()
      )
      returning id
    )
    insert into order_items (
      order_id, position, product_id, tier_id, seller_id, kind, title, tier_name, is_exclusive, terms, contract,
      price_amount, fee_amount
    )
    select o.id, 0, t.product_id, t.id, ${sellerId}, 'service', 'Secret', t.name, false, t.license, t.contract, 1000, 1000
    from ordered o, product_tiers t
    where t.product_id = ${await addProduct(sql, sellerId)}
    returning order_id as id
  `
  return row.id
}

/** Of what somebody has sold. */
export async function addDispute(sql: Sql, sellerId: string): Promise<string> {
  const buyer = await addSomeone(sql)
  const [row] = await sql<[{ id: string }]>`
    insert into disputes (stripe_dispute_id, order_id, amount, currency, reason, status, opened_at)
    values (${`du_${randomUUID()}`}, ${await addOrder(sql, buyer.id, sellerId)}, 1000, 'usd', 'fraudulent', 'won', now())
    returning id
  `
  return row.id
}

/** What somebody was reported for. */
export async function addReportCase(sql: Sql, userId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into moderation_cases (subject_kind, subject_id, user_id, excerpt, opened_at)
    values ('user', ${userId}, ${userId}, 'Somebody', now())
    returning id
  `
  return row.id
}

export async function addUpload(sql: Sql, ownerId: string, trackId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, expires_at, status)
    values (${trackId}, ${ownerId}, 'a.wav', 'audio/wav', 1, ${`uploads/${randomUUID()}`}, now(), 'rejected')
    returning id
  `
  return row.id
}

/** Of an upload that came to nothing. */
export async function addVersion(sql: Sql, trackId: string, uploadId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into track_versions (track_id, upload_id, number, object_key, sha256, size_bytes, content_type)
    values (${trackId}, ${uploadId}, 1, ${`originals/${randomUUID()}`}, 'ab', 1, 'audio/wav')
    returning id
  `
  return row.id
}

export async function addImageUpload(
  sql: Sql,
  ownerId: string,
  kind: ImageKind,
  subjectId: string,
): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into image_uploads (
      kind, subject_id, created_by, filename, content_type, size_bytes, object_key, original_key, expires_at, status
    ) values (
      ${kind}, ${subjectId}, ${ownerId}, 'a.png', 'image/png', 1, ${`uploads/images/${randomUUID()}`},
      ${`originals/images/${randomUUID()}`}, now(), 'rejected'
    )
    returning id
  `
  return row.id
}

/** A private track of somebody who asks somebody else to work on it. */
export async function addInvitation(sql: Sql, ownerId: string, invitedId: string): Promise<string> {
  const trackId = await addTrack(sql, ownerId)
  await sql`
    insert into track_collaborators (track_id, user_id, role) values (${trackId}, ${invitedId}, 'viewer')
  `
  return trackId
}

export async function addPasskey(sql: Sql, ownerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into passkeys (user_id, credential_id, public_key, sign_count, is_backed_up, name)
    values (${ownerId}, ${randomBytes(16)}, ${randomBytes(16)}, 0, false, 'Phone')
    returning id
  `
  return row.id
}

/** A private one, still empty. */
export async function addPlaylist(sql: Sql, ownerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into playlists (owner_id, title) values (${ownerId}, 'Secret') returning id
  `
  return row.id
}

export async function addItem(sql: Sql, playlistId: string, trackId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into playlist_items (playlist_id, track_id, rank) values (${playlistId}, ${trackId}, 'a0') returning id
  `
  await sql`update playlists set item_count = 1 where id = ${playlistId}`
  return row.id
}

/** Who has the token may join. */
export async function addInviteLink(sql: Sql, playlistId: string) {
  const token = randomToken()
  const [row] = await sql<[{ id: string }]>`
    insert into playlist_invite_links (playlist_id, token_hash, role, expires_at)
    values (${playlistId}, ${hashToken(token)}, 'viewer', now() + interval '1 day')
    returning id
  `
  return { link_id: row.id, token }
}

export async function addExport(sql: Sql, ownerId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into data_exports (user_id, status) values (${ownerId}, 'failed') returning id
  `
  return row.id
}

/** A secret link to the track, whose token nobody knows. */
export async function addShare(sql: Sql, ownerId: string, trackId: string): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    insert into track_shares (track_id, created_by, token_hash)
    values (${trackId}, ${ownerId}, ${randomBytes(32)})
    returning id
  `
  return row.id
}
