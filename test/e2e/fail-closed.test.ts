import { randomUUID } from 'node:crypto'
import { routeGroups } from '../../functions/routes.ts'
import { until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import type { Route } from '../../lib/http/route.ts'
import { shareHeader } from '../../lib/tracks/shares/schemas.ts'
import { eicar, makeAudio } from '../support/audio.ts'
import { control, newClient } from '../support/platform.ts'
import {
  type Kind,
  kindsIn,
  type Recording,
  readDirectly,
  seedRecording,
  servers,
  sha256,
} from '../support/recordings.ts'
import { settingsOf } from '../support/server.ts'
import { addSession, addSomeone, type Someone, signerOf } from '../support/world.ts'

/**
 * Nothing can be read but what is ready, and that only by whom it is for: in every state of a file, everyone there is
 * asks every route of the table for it, follows every address in the answers, and tries both buckets and the
 * distribution besides.
 */
const client = await newClient()
const { platform } = client
const sql = connect(settingsOf(platform.database_url))
const signer = await signerOf(process.env.VEZA_PLATFORM_FILE!)
afterAll(() => sql.end())

const people = [
  'guest',
  'share_link',
  'stranger',
  'viewer',
  'commenter',
  'editor',
  'owner',
  'moderator',
  'admin',
] as const
const roles = [...people, ...servers]
type Role = (typeof roles)[number]

const routes = Object.values(routeGroups).flatMap((table) =>
  Object.entries<Route>(table).map(([name, route]) => ({ name, route })),
)
const reading = routes.filter(({ route }) => route.method === 'GET')
const ofTracks = reading.filter(({ route }) => /\{(track|version|upload|share)_\w+\}/.test(route.path))

const clean = await makeAudio('wav', { seconds: 6 })
const infected = eicar(await makeAudio('wav', { seconds: 5 }))
const secrets = new Set([clean, infected].map(sha256))

interface State {
  readonly name: string
  readonly file: 'clean' | 'infected'
  readonly upload: string
  readonly reason?: string
  /** Unset where nothing plays. */
  readonly visibility?: 'public' | 'unlisted' | 'private' | 'scheduled'
  readonly over?: 'deleted' | 'withdrawn' | 'hidden'
}

const states: readonly State[] = [
  { name: 'uploading', file: 'infected', upload: 'uploading' },
  { name: 'scanning', file: 'infected', upload: 'scanning' },
  { name: 'scan failed', file: 'infected', upload: 'failed', reason: 'scan_failed' },
  { name: 'rejected as infected', file: 'infected', upload: 'rejected', reason: 'infected' },
  { name: 'processing', file: 'clean', upload: 'processing' },
  { name: 'transcoding', file: 'clean', upload: 'transcoding' },
  { name: 'stream failed', file: 'clean', upload: 'failed', reason: 'stream_failed' },
  { name: 'ready, private', file: 'clean', upload: 'ready', visibility: 'private' },
  { name: 'ready, scheduled', file: 'clean', upload: 'ready', visibility: 'scheduled' },
  { name: 'ready, unlisted', file: 'clean', upload: 'ready', visibility: 'unlisted' },
  { name: 'ready, public', file: 'clean', upload: 'ready', visibility: 'public' },
  { name: 'hidden by moderators', file: 'clean', upload: 'ready', visibility: 'public', over: 'hidden' },
  { name: 'withdrawn', file: 'clean', upload: 'rejected', reason: 'infected', over: 'withdrawn' },
  { name: 'deleted', file: 'clean', upload: 'ready', visibility: 'public', over: 'deleted' },
]

const all: readonly Kind[] = ['original', 'stream', 'preview', 'waveform']
const heard: readonly Kind[] = ['stream', 'preview', 'waveform']

function entitled(role: Role, { file, visibility, over }: State): readonly Kind[] {
  if (role === 'stream_server') return file === 'clean' && (!over || over === 'hidden') ? ['original'] : []
  if (role === 'chat_server' || role === 'operator') return []
  if (!visibility || over === 'deleted' || over === 'withdrawn') return []
  if (role === 'owner' || role === 'editor') return all
  if (role === 'viewer' || role === 'commenter') return heard
  if (over === 'hidden') return []
  return role === 'share_link' || visibility === 'public' || visibility === 'unlisted' ? heard : []
}

const worlds = {} as Record<State['file'], Recording>
beforeAll(async () => {
  worlds.clean = await seedRecording({ client, sql, signer }, clean, 'ready')
  worlds.infected = await seedRecording({ client, sql, signer }, infected, 'rejected')
  const { track_id, token } = worlds.clean
  const path = `/api/v1/tracks/${track_id}`
  await until(
    'the preview and the waveform to be made',
    async () => {
      const answers = await Promise.all(
        ['preview', 'waveform'].map((part) => client.request('GET', `${path}/${part}`, { token })),
      )
      return answers.every(({ status }) => status === 200) ? true : undefined
    },
    120_000,
  )
}, 240_000)

let reads = 0
let tries = 0
const rows: string[] = []

test.each(states)('$name: exactly those may read for whom it is', async (state) => {
  const world = worlds[state.file]
  await enter(state, world)
  const callers = await seedCallers(world)
  const asked = state.name === 'processing' || state.name === 'ready, private' ? reading : ofTracks

  const seen: Partial<Record<Role, Kind[]>> = {}
  await Promise.all(
    roles.map(async (role) => {
      const kinds = new Set<Kind>()
      for (const { route } of asked) {
        for (const kind of await readBy(role, route, callers)) kinds.add(kind)
      }
      seen[role] = all.filter((kind) => kinds.has(kind))
    }),
  )

  const expected = Object.fromEntries(roles.map((role) => [role, entitled(role, state)]))
  rows.push(
    `  ${state.name.padEnd(22)} ${roles.map((role) => `${role}: ${seen[role]!.join('+') || '-'}`).join('  ')}`,
  )
  expect(seen).toEqual(expected)
  expect(await readDirectly(client, world)).toEqual([])
})

test('a purged one is nowhere', async () => {
  const world = worlds.clean
  await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${world.track_id}`
  await until('the files to be removed', async () => {
    await control('schedules/purge-tracks/run', {})
    const rows = await sql`
      select object_key from discarded_objects where object_key = ${world.original_key!}
      union all select object_key from track_versions where object_key = ${world.original_key!}
    `
    return rows.length === 0 ? true : undefined
  })
  const callers = await seedCallers(world)
  for (const role of roles) {
    for (const { route } of ofTracks) expect(await readBy(role, route, callers)).toEqual([])
  }
  expect(await readDirectly(client, world)).toEqual([])
}, 120_000)

test('no answer to anything but a GET holds an address to read from', () => {
  const writing = routes.filter(({ route }) => route.method !== 'GET')
  const known = new Set(['avatar_url', 'artwork_url', 'cover_url', 'waveform_url', 'website', 'ws_url'])
  const found = writing.flatMap(({ name, route }) =>
    addressFields(route.response)
      .filter((field) => !known.has(field))
      .map((field) => `${name} ${field}`),
  )
  expect(found.sort()).toEqual(
    [
      // To put bytes to.
      'requestArtwork url',
      'requestAvatar url',
      'requestCover url',
      'requestUpload url',
      'signUploadParts url',
      // Where the caller has events sent.
      'createWebhookEndpoint url',
      'recoverWebhookEndpoint url',
      'updateWebhookEndpoint url',
      // The caller's own data, once it is gathered.
      'requestExport url',
      // What the caller has bought; integration/licenses/downloads.test.ts has who may not have it.
      'downloadLicense url',
      // A page of Stripe's.
      'startOnboarding url',
      // A page of the application, and what an authenticator reads.
      'createShare url',
      'setUpTwoFactor otpauth_uri',
    ].sort(),
  )
})

test('prints what was tried', () => {
  process.stdout.write(
    `\nFail closed: ${states.length + 1} states × ${roles.length} roles × ${reading.length} routes; ${tries} reads tried, ${reads} gave bytes, all of them entitled\n${rows.join('\n')}\n\n`,
  )
  expect(reads).toBeGreaterThan(0)
})

function addressFields(schema: unknown): string[] {
  const text = JSON.stringify(schema, (key, value) => (key === '~standard' ? undefined : value)) ?? ''
  return [...new Set([...text.matchAll(/"(\w*(?:_url|_uri|url))":/g)].map(([, name]) => name!))]
}

/** As the pipeline would have left it. */
async function enter({ upload, visibility, over, ...state }: State, world: Recording) {
  const { track_id, upload_id, version_id } = world
  const reason = state.reason ?? null
  const plays = visibility !== undefined && over !== 'withdrawn'
  await sql`update uploads set status = ${upload}, status_reason = ${reason} where id = ${upload_id}`
  await sql`
    update track_versions
    set ready_at = ${plays ? new Date() : null}, withdrawn_at = ${over === 'withdrawn' ? new Date() : null}
    where id = ${version_id}
  `
  await sql`
    update tracks
    set status = ${upload}, status_reason = ${reason}, visibility = ${visibility ?? 'public'},
      release_at = ${visibility === 'scheduled' ? new Date(Date.now() + 86_400_000) : null},
      current_version_id = ${plays ? version_id : null}, hidden_at = ${over === 'hidden' ? new Date() : null},
      deleted_at = ${over === 'deleted' ? new Date() : null},
      purges_at = ${over === 'deleted' ? new Date(Date.now() + 86_400_000) : null}
    where id = ${track_id}
  `
}

interface Callers {
  readonly world: Recording
  readonly tokens: Partial<Record<Role, string>>
}

async function seedCallers(world: Recording): Promise<Callers> {
  const signIn = async (someone: Someone) => signer.sign(await addSession(sql, someone))
  const [stranger, moderator, admin] = await Promise.all([
    addSomeone(sql),
    addSomeone(sql, 'moderator'),
    addSomeone(sql, 'admin'),
  ])
  const someone = { stranger, moderator, admin, owner: world.owner, ...world.members }
  const tokens = await Promise.all(
    Object.entries(someone).map(async ([role, person]) => [role, await signIn(person)] as const),
  )
  return { world, tokens: Object.fromEntries(tokens) }
}

async function readBy(role: Role, route: Route, { world, tokens }: Callers): Promise<Kind[]> {
  const url = pathOf(route, role, world)
  tries++
  const answer = isServer(role)
    ? await client.signed(platform.callers[role]!, 'GET', url)
    : await client.request('GET', url, {
        ...(tokens[role] && { token: tokens[role] }),
        ...(role === 'share_link' && { headers: { [shareHeader]: world.share.token } }),
      })
  const kinds = await kindsIn(client, answer, world, secrets)
  reads += kinds.length
  return kinds
}

const isServer = (role: Role): role is (typeof servers)[number] => servers.some((server) => server === role)

/** Parts of a path; a new one has to be named here before the matrix runs again. */
function pathOf({ path }: Route, role: Role, world: Recording): string {
  const nobodys = [
    'export_id',
    'avatar_upload_id',
    'artwork_upload_id',
    'cover_upload_id',
    'playlist_id',
    'comment_id',
    'report_id',
    'product_id',
    'license_id',
    'invoice_id',
    'serial',
    'payout_id',
    'order_id',
    'dispute_id',
    'template_id',
    'discount_id',
    'offer_id',
    'endpoint_id',
    'delivery_id',
  ]
  const params: Record<string, string> = {
    ...Object.fromEntries(nobodys.map((name) => [name, randomUUID()])),
    track_id: world.track_id,
    upload_id: world.upload_id,
    version_id: world.version_id ?? randomUUID(),
    share_id: world.share.id,
    share_token: role === 'share_link' ? world.share.token : 'unknown',
    username: world.owner.username,
    user_id: world.owner.id,
    asset: 'swagger-ui.css',
    code: 'not_found',
  }
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (params[name] === undefined) throw new Error(`The matrix knows no ${name}: add one above`)
    return params[name]
  })
}
