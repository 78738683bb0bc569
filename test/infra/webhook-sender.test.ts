import { build } from 'esbuild'
import { queues } from '../../infra/config.ts'
import { functionsByName, synthesize } from './synth.ts'

const senderOf = (stage: 'local' | 'dev' | 'staging' | 'prod') =>
  functionsByName(synthesize(stage)).get('webhook-worker')!.Properties

test('the sender stands outside the network in which our data is, and knows of no database', () => {
  const { VpcConfig, Environment } = senderOf('prod')
  expect(VpcConfig).toBeUndefined()
  expect(Object.keys(Environment.Variables).filter((name) => /^(?:PG|DB_|CACHE)/.test(name))).toEqual([])
})

test.each([
  { stage: 'dev', allowed: 'false' },
  { stage: 'staging', allowed: 'false' },
  { stage: 'prod', allowed: 'false' },
  { stage: 'local', allowed: 'true' },
] as const)('$stage sends to its own machine: $allowed', ({ stage, allowed }) => {
  expect(senderOf(stage).Environment.Variables.WEBHOOK_ALLOW_LOCAL).toBe(allowed)
})

test('a receiver’s 15 s, and what is written before and after, fit into its time', () => {
  expect(queues.webhooks.workerTimeout.toSeconds()).toBeGreaterThanOrEqual(15 + 10)
})

test('its bundle holds no driver of a database and nothing of ours but what sending takes', async () => {
  const { metafile } = await build({
    entryPoints: ['functions/webhook-worker/handler.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['@aws-sdk/*'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs.filter((file) => /node_modules\/(?:postgres|stripe|iovalkey)\//.test(file))).toEqual([])
  const domains = new Set(
    inputs.filter((file) => /^lib\/[^/]+\//.test(file)).map((file) => file.split('/')[1]),
  )
  expect([...domains].sort()).toEqual(['auth', 'aws', 'webhooks'])
})
