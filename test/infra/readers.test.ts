import { createAuthorizer } from '../../infra/local/aws/iam.ts'
import { createPrincipals } from '../../infra/local/principals.ts'
import { createTemplate } from '../../infra/local/template.ts'
import { synthesize } from './synth.ts'

/** Who could read the bytes of recordings, by the policies that are deployed: every role of every function is asked. */
const stage = synthesize('local')
const template = createTemplate(
  new Map(Object.entries(stage).map(([name, stack]) => [`Veza-local-${name}`, stack.toJSON()])),
  {},
)
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const authorizer = createAuthorizer(template, silent)
const { callers } = createPrincipals(template)
const bucket = (name: string) => template.ofType('AWS::S3::Bucket').find(({ id }) => id.startsWith(name))!.ref

const reads = [
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectAttributes',
  's3:GetObjectVersionAttributes',
]
const grants = [
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:PutObjectAcl',
  's3:PutReplicationConfiguration',
]

async function allowed(actions: readonly string[], resource: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const caller of callers) {
    for (const action of actions) {
      const decision = await authorizer.authorize(caller, { action, resource })
      const name = caller.name.replace('veza-local-', '')
      if (decision.allowed) found[name] = [...(found[name] ?? []), action]
    }
  }
  return found
}

const arn = (name: string, key = '') => `arn:aws:s3:::${bucket(name)}${key}`

it('asks every function there is', () => {
  expect(callers.length).toBe(template.ofType('AWS::Lambda::Function').length + 3)
})

it('lets the scanner alone read the quarantine, and only by version', async () => {
  for (const key of ['/uploads/t/u', '/uploads/images/u', '/other']) {
    const readers = await allowed(reads, arn('Uploads', key))
    expect(readers).toEqual(key === '/other' ? {} : { 'scan-worker': ['s3:GetObjectVersion'] })
  }
})

it('lets nobody read originals but who scans, inspects, analyses or hands them to the stream server', async () => {
  const readers = await allowed(reads, arn('Media', '/originals/v/h'))
  expect(Object.keys(readers).sort()).toEqual(
    expect.arrayContaining(['internal', 'metadata-worker', 'scan-worker']),
  )
  const known = ['analysis-worker', 'internal', 'metadata-worker', 'scan-worker']
  expect(Object.keys(readers).filter((name) => !known.includes(name))).toEqual([])
})

it('lets no function and no caller from outside change who may read', async () => {
  for (const name of ['Uploads', 'Media']) {
    expect(await allowed(grants, arn(name))).toEqual({})
    expect(await allowed(grants, arn(name, '/originals/v/h'))).toEqual({})
  }
})
