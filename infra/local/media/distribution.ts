import { createPublicKey, type KeyObject } from 'node:crypto'
import { ACCOUNT, type Resource, type Template } from '../template.ts'
import { type HeadersPolicy, readHeadersPolicy } from './headers-policy.ts'
import { wildcards } from './wildcards.ts'

/** How the paths of one pattern are answered. */
export interface Behaviour {
  readonly methods: ReadonlySet<string>
  /** Undefined where nothing has to be signed. */
  readonly keys: ReadonlyMap<string, KeyObject> | undefined
  /** Answered by the edge itself. */
  readonly refusal: number | undefined
  /** The parameters that the bucket gets to see. */
  readonly forwarded: ReadonlySet<string>
  readonly compresses: boolean
  readonly headers: HeadersPolicy
}

export interface Distribution {
  readonly arn: string
  readonly bucket: string
  /** Of a path as it was sent: the first pattern that fits decides. */
  behaviourOf(path: string): Behaviour
}

type Source = Pick<Template, 'ofType' | 'find'>

interface BehaviourConfig {
  readonly PathPattern?: string
  readonly AllowedMethods?: readonly string[]
  readonly TrustedKeyGroups?: readonly string[]
  readonly FunctionAssociations?: readonly { readonly EventType: string; readonly FunctionARN: string }[]
  readonly CachePolicyId?: string
  readonly OriginRequestPolicyId?: string
  readonly ResponseHeadersPolicyId?: string
  readonly Compress?: boolean
}

interface DistributionConfig {
  readonly Origins: readonly { readonly DomainName: string }[]
  readonly DefaultCacheBehavior: BehaviourConfig
  readonly CacheBehaviors?: readonly BehaviourConfig[]
}

/** The one distribution of the template. */
export function readDistribution(template: Source): Distribution | undefined {
  const [distribution] = template.ofType('AWS::CloudFront::Distribution')
  if (!distribution) return undefined
  const config = distribution.properties.DistributionConfig as DistributionConfig
  const behaviours = (config.CacheBehaviors ?? []).map((behaviour) => ({
    pattern: wildcards(behaviour.PathPattern!.replace(/^\//, '')),
    behaviour: readBehaviour(behaviour, template),
  }))
  const otherwise = readBehaviour(config.DefaultCacheBehavior, template)
  return {
    arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${distribution.ref}`,
    bucket: config.Origins[0]!.DomainName.split('.', 1)[0]!,
    behaviourOf: (path) =>
      behaviours.find(({ pattern }) => pattern.test(path.slice(1)))?.behaviour ?? otherwise,
  }
}

function readBehaviour(config: BehaviourConfig, template: Source): Behaviour {
  const cache = policyOf(template, 'CachePolicy', config.CachePolicyId)
  const inKey = cache?.ParametersInCacheKeyAndForwardedToOrigin as CacheKey | undefined
  const request = policyOf(template, 'OriginRequestPolicy', config.OriginRequestPolicyId)
  const queries = [inKey?.QueryStringsConfig, request?.QueryStringsConfig as QueryStrings | undefined]
  return {
    methods: new Set(config.AllowedMethods ?? ['GET', 'HEAD']),
    keys: config.TrustedKeyGroups && readKeys(config.TrustedKeyGroups, template),
    refusal: readRefusal(config, template),
    forwarded: new Set(queries.flatMap(allowed)),
    compresses: config.Compress === true && inKey?.EnableAcceptEncodingGzip === true,
    headers: readHeadersPolicy(policyOf(template, 'ResponseHeadersPolicy', config.ResponseHeadersPolicyId)),
  }
}

interface QueryStrings {
  readonly QueryStringBehavior: string
  readonly QueryStrings?: readonly string[]
}

interface CacheKey {
  readonly QueryStringsConfig: QueryStrings
  readonly EnableAcceptEncodingGzip?: boolean
}

function allowed(strings: QueryStrings | undefined): readonly string[] {
  const { QueryStringBehavior = 'none', QueryStrings = [] } = strings ?? {}
  if (QueryStringBehavior === 'none') return []
  if (QueryStringBehavior === 'whitelist') return QueryStrings
  throw new Error(`The local distribution forwards no query strings by "${QueryStringBehavior}"`)
}

/** Undefined where a behaviour names none, or one of CloudFront's own, which the template does not hold. */
function policyOf(template: Source, kind: string, id: string | undefined) {
  if (id === undefined) return undefined
  const policy = template.find(`AWS::CloudFront::${kind}`, id)
  if (!policy && !managed.has(id))
    throw new Error(`The distribution names the ${kind} ${id}, which is not known here`)
  return policy?.properties[`${kind}Config`] as Readonly<Record<string, unknown>> | undefined
}

/** `CachingDisabled`: nothing is kept, and nothing forwarded by it. */
const managed = new Set(['4135ea2d-6df8-44a3-9df3-4b5a84be39ad'])

function readKeys(groupIds: readonly string[], template: Source): ReadonlyMap<string, KeyObject> {
  const ids = groupIds.flatMap((id) => {
    const group = template.find('AWS::CloudFront::KeyGroup', id)
    return (group?.properties.KeyGroupConfig as { Items: readonly string[] } | undefined)?.Items ?? []
  })
  return new Map(ids.map((id) => [id, publicKeyOf(template.find('AWS::CloudFront::PublicKey', id), id)]))
}

function publicKeyOf(resource: Resource | undefined, id: string): KeyObject {
  if (!resource) throw new Error(`The key group holds ${id}, which is no key of the template`)
  return createPublicKey((resource.properties.PublicKeyConfig as { EncodedKey: string }).EncodedKey)
}

/** The function of the edge is run once: ours answer every request alike. */
function readRefusal({ FunctionAssociations = [] }: BehaviourConfig, template: Source): number | undefined {
  const association = FunctionAssociations.find(({ EventType }) => EventType === 'viewer-request')
  if (!association) return undefined
  const found = template
    .ofType('AWS::CloudFront::Function')
    .find((edge) => edge.attribute('FunctionARN') === association.FunctionARN)
  if (!found) throw new Error('The distribution names a function that is not in the template')
  const run = new Function(`${found.properties.FunctionCode}; return handler`)() as () => {
    statusCode?: number
  }
  return run().statusCode
}
