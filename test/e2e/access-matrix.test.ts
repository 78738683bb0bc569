import { randomUUID } from 'node:crypto'
import { routeGroups } from '../../functions/routes.ts'
import type { Answer } from '../../infra/local/client.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { permissionsOf } from '../../lib/auth/permissions.ts'
import { connect } from '../../lib/db/client.ts'
import type { Route } from '../../lib/http/route.ts'
import { newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import {
  addComment,
  addDelivery,
  addDiscount,
  addDispute,
  addEndpoint,
  addExport,
  addImageUpload,
  addInvitation,
  addInviteLink,
  addItem,
  addLicense,
  addOffer,
  addOrder,
  addPasskey,
  addPayout,
  addPlaylist,
  addProduct,
  addReportCase,
  addSession,
  addShare,
  addSomeone,
  addTemplate,
  addTrack,
  addUpload,
  addVersion,
  type Someone,
  signerOf,
} from '../support/world.ts'

/**
 * Every route of the table, called through the gateway as everyone there is and with every kind of token, held
 * against the policy that the route declares. What a route makes of a call that it lets in is told elsewhere.
 */
const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
const earlier = await signerOf(process.env.VEZA_PLATFORM_FILE!, () => new Date(Date.now() - 3_600_000))
afterAll(() => sql.end())

const routes = Object.values(routeGroups).flatMap((table) =>
  Object.entries<Route>(table).map(([name, route]) => ({ name, route })),
)

const callers = [
  'nobody',
  'owner',
  'other user',
  'creator',
  'moderator',
  'admin',
  'signed in long ago',
  'expired token',
  'revoked token',
  'tampered token',
  'stream server',
  'chat server',
] as const
type Caller = (typeof callers)[number]

/** How a call ends, as far as access goes: let `in`, or the refusal. */
type Outcome = 'in' | 'hidden' | 'forbidden' | 'step_up' | 'unknown' | 'expired' | 'revoked'

const rows: string[][] = []
let asDeclared = 0

test.each(routes)('$name lets in whom its policy says, and nobody else', async ({ name, route }) => {
  const seen: Partial<Record<Caller, Outcome>> = {}
  const declared: Partial<Record<Caller, Outcome>> = {}
  for (const caller of callers) {
    seen[caller] = outcomeOf(route, await callAs(caller, name, route))
    declared[caller] = expectedOutcome(caller, route)
  }

  rows.push([`${route.method} ${route.path}`, ...callers.map((caller) => seen[caller]!)])
  expect({ [name]: seen }).toEqual({ [name]: declared })
  asDeclared += 1
})

test('prints the matrix', () => {
  const marks: Record<string, string> = {
    in: '✓',
    hidden: '404',
    forbidden: '403',
    unknown: '401',
    step_up: '401 step-up',
    expired: '401 expired',
    revoked: '401 revoked',
  }
  const table = [['route', ...callers], ...rows].map((row) => row.map((cell) => marks[cell] ?? cell))
  const widths = callers.map((_, column) => Math.max(...table.map((row) => row[column + 1]!.length)))
  const width = Math.max(...table.map(([route]) => route!.length))
  const lines = table.map(
    ([route, ...cells]) =>
      `  ${route!.padEnd(width)}  ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join('  ')}`,
  )
  process.stdout.write(
    `\nAccess matrix: ${rows.length} routes × ${callers.length} callers; ${asDeclared} routes as declared\n${lines.join('\n')}\n\n`,
  )
  expect(rows).toHaveLength(routes.length)
})

function expectedOutcome(caller: Caller, route: Route): Outcome {
  const { auth, policy, path } = route
  if (auth === 'iam') return callersOf(path).includes(caller) ? 'in' : 'forbidden'
  if (auth === 'none' || auth === 'signature') return 'in'
  if (caller === 'expired token') return 'expired'
  if (caller === 'revoked token') return 'revoked'
  if (caller === 'tampered token' || isServer(caller)) return 'unknown'
  if (caller === 'nobody') return auth === 'user' ? 'unknown' : reachOf('other user', policy.reach, path)
  if (auth === 'user' && !permissionsOf[roleOf(caller, route)].has(policy.permission)) return 'forbidden'
  if (caller === 'signed in long ago' && policy.step_up) return 'step_up'
  if (caller === 'admin' && isShownToAdmins(route)) return 'in'
  return reachOf(caller, policy.reach, path)
}

/** What whoever runs the market looks at, and gives back, as its people do. */
const isShownToAdmins = ({ method, path }: Route) =>
  /^\/api\/v1\/marketplace\/(disputes\/|orders\/\{order_id\}\/refund)/.test(path) ||
  (method === 'GET' && path === '/api/v1/marketplace/orders/{order_id}')

const servers = { 'stream server': 'stream_server', 'chat server': 'chat_server' } as const

const isServer = (caller: Caller): caller is keyof typeof servers => Object.hasOwn(servers, caller)

/** Both ask what they must refuse; the rest is for the stream server alone. */
const callersOf = (path: string): readonly Caller[] =>
  path === '/api/v1/internal/revocations' ? ['stream server', 'chat server'] : ['stream server']

/** Somebody else's private things are not found by whoever they are not shown to, whatever their role. */
function reachOf(caller: Caller, reach: Route['policy']['reach'], path: string): Outcome {
  const namesThings = [...path.matchAll(/\{(\w+)\}/g)].some(([, param]) => ownThings.has(param!))
  return reach === 'any' || isOwner(caller) || !namesThings ? 'in' : 'hidden'
}

const isOwner = (caller: Caller) => caller === 'owner' || caller === 'signed in long ago'

/** Whoever has something to sell is a creator. */
function roleOf(caller: Caller, { policy }: Route): Actor['role'] {
  if (caller === 'creator' || caller === 'moderator' || caller === 'admin') return caller
  return isOwner(caller) && policy.permission === 'market.sell' ? 'creator' : 'user'
}

interface World {
  readonly owner: Someone
  readonly params: Readonly<Record<string, string>>
}

/** What gets past the schema, where a wrong body would be refused before anybody asks whose thing it is. */
const bodies: Readonly<Record<string, object>> = {
  requestAvatar: { filename: 'a.png', content_type: 'image/png', size_bytes: 1_000 },
  requestArtwork: { filename: 'a.png', content_type: 'image/png', size_bytes: 1_000 },
  requestCover: { filename: 'a.png', content_type: 'image/png', size_bytes: 1_000 },
  signUploadParts: { part_numbers: [1] },
  requestUpload: { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 1_000 },
  addPlaylistItem: { track_id: '0199f0f0-0000-7000-8000-000000000001' },
  putPlaylistCollaborator: { role: 'viewer' },
  movePlaylistItem: { after: null },
  replacePlaylistItems: { track_ids: [] },
  renamePasskey: { name: 'Laptop' },
  createComment: { body: 'Lovely' },
  renameVersion: { label: 'Mix 3' },
  putCollaborator: { role: 'viewer' },
  proposeSplits: { entries: [] },
  acceptSplits: { revision: 1 },
  updateComment: { body: 'Lovelier' },
  reportComment: { reason: 'spam' },
  reportTrack: { reason: 'spam' },
  reportUser: { reason: 'spam' },
  resolveReport: { action: 'dismiss' },
  muteInChat: { reason: 'Spam' },
  refundOrder: { reason: 'other' },
  counterOffer: { amount: 900 },
  allowLicenseDownloads: { downloads: 1 },
  recoverWebhookEndpoint: { since: new Date().toISOString() },
}

/** Parts of a path that name something which only its owner sees. */
const ownThings = new Set([
  'track_id',
  'upload_id',
  'version_id',
  'avatar_upload_id',
  'artwork_upload_id',
  'cover_upload_id',
  'session_id',
  'passkey_id',
  'export_id',
  'playlist_id',
  'comment_id',
  'item_id',
  'share_id',
  'link_id',
  'product_id',
  'license_id',
  'invoice_id',
  'payout_id',
  'order_id',
  'dispute_id',
  'template_id',
  'discount_id',
  'offer_id',
  'endpoint_id',
  'delivery_id',
])

/** Of one call alone: what it does, and how often, matters to no other. Holds what the path names, and no more. */
async function createWorld(name: string, { path }: Route, role: Actor['role']): Promise<World> {
  const owner = await addSomeone(sql, role)
  const bystander = await addSomeone(sql)
  await sql`update users set settings = ${sql.json({ show_history: true })} where id = ${bystander.id}`
  const things = thingsOf(owner, bystander, name)
  const params: Record<string, string> = {}
  for (const [, param] of path.matchAll(/\{(\w+)\}/g)) {
    const make = things[param!]
    if (!make) throw new Error(`The matrix knows no ${param}: add one to the things below`)
    params[param!] = await make()
  }
  return { owner, params }
}

type Make = () => Promise<string> | string

/** Each is made once, however many hang on it. */
function thingsOf(owner: Someone, bystander: Someone, name: string): Readonly<Record<string, Make>> {
  const once = <T>(make: () => Promise<T>) => {
    let made: Promise<T> | undefined
    return () => {
      made ??= make()
      return made
    }
  }
  const track = once(() => addTrack(sql, owner.id))
  const upload = once(async () => addUpload(sql, owner.id, await track()))
  const playlist = once(() => addPlaylist(sql, owner.id))
  const link = once(async () => addInviteLink(sql, await playlist()))
  const license = once(async () => addLicense(sql, owner.id, await track()))
  // Whom an invitation belongs to is not the owner of the track.
  const isInvited = name === 'acceptInvitation'
  return {
    track_id: isInvited ? once(() => addInvitation(sql, bystander.id, owner.id)) : track,
    upload_id: upload,
    version_id: once(async () => addVersion(sql, await track(), await upload())),
    avatar_upload_id: () => addImageUpload(sql, owner.id, 'avatar', owner.id),
    artwork_upload_id: async () => addImageUpload(sql, owner.id, 'artwork', await track()),
    cover_upload_id: async () => addImageUpload(sql, owner.id, 'cover', await playlist()),
    session_id: async () => (await addSession(sql, owner)).session_id,
    passkey_id: () => addPasskey(sql, owner.id),
    export_id: () => addExport(sql, owner.id),
    comment_id: async () => addComment(sql, owner.id, await track()),
    playlist_id: playlist,
    link_id: async () => (await link()).link_id,
    token: async () => (await link()).token,
    item_id: async () => addItem(sql, await playlist(), await track()),
    share_id: async () => addShare(sql, owner.id, await track()),
    product_id: () => addProduct(sql, owner.id),
    license_id: async () => (await license()).license_id,
    invoice_id: async () => (await license()).invoice_id,
    serial: async () => (await license()).serial,
    payout_id: () => addPayout(sql, owner.id),
    order_id: () =>
      name === 'refundOrder' ? addOrder(sql, bystander.id, owner.id) : addOrder(sql, owner.id),
    dispute_id: () => addDispute(sql, owner.id),
    template_id: () => addTemplate(sql, owner.id),
    offer_id: () => addOffer(sql, owner.id),
    discount_id: () => addDiscount(sql, owner.id),
    endpoint_id: () => addEndpoint(sql, owner.id),
    delivery_id: () => addDelivery(sql, owner.id),
    share_token: () => 'unknown',
    report_id: () => addReportCase(sql, bystander.id),
    user_id: () => (isInvited ? owner.id : bystander.id),
    username: () => bystander.username,
    asset: () => 'swagger-ui.css',
    code: () => 'not_found',
  }
}

async function callAs(caller: Caller, name: string, route: Route): Promise<Answer> {
  const { method, path } = route
  const world = await createWorld(name, route, roleOf('owner', route))
  const url = path.replaceAll(/\{(\w+)\}/g, (_, param) => world.params[param]!)
  const body = route.body && (bodies[name] ?? {})
  if (isServer(caller)) return client.signed(client.platform.callers[servers[caller]]!, method, url, body)
  const headers = route.idempotency === 'required' ? { 'idempotency-key': randomUUID() } : undefined
  const token = await tokenOf(caller, route, world)
  return client.request(method, url, { token, body, ...(headers && { headers }) })
}

async function tokenOf(caller: Exclude<Caller, keyof typeof servers>, route: Route, { owner }: World) {
  const signIn = async (someone: Someone, options = {}) =>
    signer.sign(await addSession(sql, someone, options))
  if (caller === 'nobody') return undefined
  if (caller === 'signed in long ago') return signIn(owner, { signedInAt: new Date(Date.now() - 3_600_000) })
  if (caller === 'expired token') return earlier.sign(await addSession(sql, owner))
  if (caller === 'revoked token') return signIn(owner, { isRevoked: true })
  if (caller === 'tampered token') return tamper(await signIn(owner))
  return signIn(caller === 'owner' ? owner : await addSomeone(sql, roleOf(caller, route)))
}

/** The role is raised, and the signature is that of the token as it was. */
function tamper(token: string): string {
  const [header, payload, signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
  const raised = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url')
  return `${header}.${raised}.${signature}`
}

const outcomes: Readonly<Record<string, Outcome>> = {
  unauthenticated: 'unknown',
  token_expired: 'expired',
  token_revoked: 'revoked',
  forbidden: 'forbidden',
  step_up_required: 'step_up',
  not_found: 'hidden',
}

/** The gateway's own refusals have no code; those of a service that are not about access have another. */
function outcomeOf({ policy }: Route, { status, body }: Answer): Outcome {
  if (status >= 500) throw new Error(`A ${status}: ${JSON.stringify(body)}`)
  if (status === 401 && body?.message === 'Unauthorized') return 'unknown'
  if (status === 403 && body?.message === 'Forbidden') return 'forbidden'
  const outcome = (status >= 400 && outcomes[body?.code]) || 'in'
  // Where nothing is hidden from anyone, there simply is no such thing.
  return outcome === 'hidden' && policy.reach === 'any' ? 'in' : outcome
}
