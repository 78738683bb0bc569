import { type KeyObject, verify } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import * as z from 'zod/mini'
import { AwsError } from '../aws/aws-error.ts'
import { wildcards } from './wildcards.ts'

export interface SignedRequest {
  /** Scheme, host and path as they were sent, with the query string. */
  readonly url: string
  readonly ip: string
  readonly now: Date
}

const ofSignature = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm']
const hashes: Readonly<Record<string, string>> = { SHA1: 'sha1', SHA256: 'sha256' }

/** Gives back what of the query string is not about the signature; throws what CloudFront answers to a bad one. */
export function verifySignedUrl(request: SignedRequest, keys: ReadonlyMap<string, KeyObject>): string {
  const [base = '', query = ''] = split(request.url)
  const pairs = query.split('&').filter((pair) => pair !== '')
  const isSigning = (pair: string) => ofSignature.includes(pair.split('=', 1)[0]!)
  const own = pairs.filter((pair) => !isSigning(pair)).join('&')
  const resource = own === '' ? base : `${base}?${own}`
  const given = readParameters(pairs.filter(isSigning))
  const key = keys.get(given['Key-Pair-Id'] ?? missing('Key-Pair-Id'))
  if (!key) throw new AwsError('InvalidKey', 403, 'Unknown Key')
  const hash = hashes[given['Hash-Algorithm'] ?? 'SHA1'] ?? denied()
  const signature = decode(
    given.Signature ?? missing('Signature'),
    'MalformedSignature',
    'Could not unencode Signature',
  )
  const policy =
    given.Policy === undefined
      ? Buffer.from(cannedPolicy(resource, given.Expires ?? missing('Expires')))
      : decode(given.Policy, 'MalformedPolicy', 'Malformed Policy')
  if (!verify(hash, policy, key, signature)) denied()
  demand(readPolicy(policy), resource, request)
  return own
}

const split = (url: string) => {
  const at = url.indexOf('?')
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)]
}

/** One that is said twice says nothing. */
function readParameters(pairs: readonly string[]): Partial<Record<string, string>> {
  const entries = pairs.map((pair) => pair.split(/=(.*)/s, 2) as [string, string?])
  if (new Set(entries.map(([name]) => name)).size !== entries.length) denied()
  return Object.fromEntries(entries.map(([name, value = '']) => [name, value]))
}

/** Signed without being sent: the object as it was asked for, and the time by which the link is good. */
function cannedPolicy(resource: string, expires: string): string {
  if (!/^\d{1,12}$/.test(expires)) denied()
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`
}

const decode = (text: string, code: string, message: string): Buffer => {
  if (!/^[A-Za-z0-9~_-]+$/.test(text)) throw new AwsError(code, 403, message)
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64')
}

const epochTime = z.object({ 'AWS:EpochTime': z.int() })
const policySchema = z.object({
  Statement: z
    .array(
      z.object({
        Resource: z.optional(z.string()),
        Condition: z.object({
          DateLessThan: epochTime,
          DateGreaterThan: z.optional(epochTime),
          IpAddress: z.optional(z.object({ 'AWS:SourceIp': z.string() })),
        }),
      }),
    )
    .check(z.length(1)),
})
type Policy = z.output<typeof policySchema>['Statement'][number]

function readPolicy(bytes: Buffer): Policy {
  try {
    return policySchema.parse(JSON.parse(bytes.toString())).Statement[0]!
  } catch {
    throw new AwsError('MalformedPolicy', 403, 'Malformed Policy')
  }
}

function demand({ Resource = '*', Condition }: Policy, resource: string, { ip, now }: SignedRequest): void {
  const seconds = now.getTime() / 1000
  const { DateLessThan, DateGreaterThan, IpAddress } = Condition
  if (seconds >= DateLessThan['AWS:EpochTime']) denied()
  if (DateGreaterThan && seconds <= DateGreaterThan['AWS:EpochTime']) denied()
  if (IpAddress && !isWithin(ip, IpAddress['AWS:SourceIp'])) denied()
  if (Resource !== resource && !wildcards(Resource).test(resource)) denied()
}

function isWithin(ip: string, block: string): boolean {
  const [address = '', bits = '32'] = block.split('/')
  const plain = ip.replace(/^::ffff:/, '')
  if (isIP(address) !== 4 || isIP(plain) !== 4) return false
  const list = new BlockList()
  list.addSubnet(address, Number(bits), 'ipv4')
  return list.check(plain)
}

const missing = (name: string): never => {
  throw new AwsError('MissingKey', 403, `Missing ${name} query parameter or cookie value`)
}

function denied(): never {
  throw new AwsError('AccessDenied', 403, 'Access denied')
}
