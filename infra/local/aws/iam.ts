import { type EvaluationResult, runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import type { PolicyDocument, Principal } from '../principals.ts'
import { ACCOUNT, type Template } from '../template.ts'
import { createUsage, type Usage } from './iam-usage.ts'
import type { Logger } from './logger.ts'
import type { Need } from './need.ts'

export interface Decision {
  readonly allowed: boolean
  /** Set when refused: who, what, on what, and the statement that would allow it. */
  readonly message?: string
}

export interface Authorizer {
  /** Decides, records and (when refused) logs. */
  authorize(principal: Principal, need: Need): Promise<Decision>
  /** May an AWS service itself do this, by the resource's policy (an S3 notification to a queue)? */
  authorizeService(service: string, need: Need, source: { readonly arn: string }): Promise<Decision>
  /** What each of these asked for, and what it was granted and never asked for. */
  usage(principals: readonly Principal[]): Usage
}

type PolicySource = Pick<Template, 'ofType' | 'find'>

/** Asks IAM's rules, offline, with the policies of the template. The same question is asked only once. */
export function createAuthorizer(template: PolicySource, logger: Logger): Authorizer {
  const resourcePolicies = resourcePoliciesOf(template)
  const decisions = new Map<string, Promise<Decision>>()
  const usage = createUsage()

  const decide = (principal: Principal, need: Need) => {
    const key = `${principal.name} ${need.action} ${need.resource} ${JSON.stringify(need.context ?? {})}`
    const known = decisions.get(key)
    if (known) return known
    // Object keys are without end; the questions asked lately are the ones asked again.
    if (decisions.size >= MAX_DECISIONS) decisions.delete(decisions.keys().next().value!)
    const decision = simulate(simulationOf(principal, need, policyOn(need.resource))).then((result) =>
      result === 'Allowed'
        ? { allowed: true }
        : { allowed: false, message: refusal(principal, need, result) },
    )
    decisions.set(key, decision)
    return decision
  }

  const policyOn = (resource: string) => resourcePolicies.get(bucketArnOf(resource) ?? resource)

  return {
    async authorize(principal, need) {
      const decision = await decide(principal, need)
      usage.record(principal, need, decision.allowed)
      if (decision.message) logger.warn(decision.message)
      return decision
    },
    async authorizeService(service, need, source) {
      const result = await simulate({
        ...simulationOf({ arn: service, policies: [] }, need, policyOn(need.resource)),
        request: {
          principal: service,
          action: need.action,
          resource: { resource: need.resource, accountId: ACCOUNT },
          contextVariables: {
            'aws:SecureTransport': 'true',
            'aws:SourceArn': source.arn,
            'aws:SourceAccount': ACCOUNT,
            ...need.context,
          },
        },
      })
      if (result === 'Allowed') return { allowed: true }
      return {
        allowed: false,
        message: `${service} may not ${need.action} on ${need.resource} for ${source.arn}: its resource policy does not allow it`,
      }
    },
    usage: usage.report,
  }
}

const MAX_DECISIONS = 10_000

type Result = EvaluationResult | { readonly invalid: string }

async function simulate(simulation: Simulation): Promise<Result> {
  const outcome = await runSimulation(simulation, {})
  if (outcome.resultType !== 'error') return outcome.overallResult
  return { invalid: JSON.stringify(outcome.errors) }
}

function simulationOf(
  principal: Pick<Principal, 'arn' | 'policies'>,
  need: Need,
  resourcePolicy: PolicyDocument | undefined,
): Simulation {
  return {
    request: {
      principal: principal.arn,
      action: need.action,
      resource: { resource: need.resource, accountId: ACCOUNT },
      // The front door is plain http on one machine; what is deployed is always TLS.
      contextVariables: {
        'aws:SecureTransport': 'true',
        'aws:PrincipalArn': principal.arn,
        'aws:PrincipalAccount': ACCOUNT,
        'aws:ResourceAccount': ACCOUNT,
        'aws:SourceIp': '127.0.0.1',
        ...need.context,
      },
    },
    identityPolicies: principal.policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy,
  }
}

function refusal(principal: Principal, need: Need, result: Result): string {
  const what = `${principal.name} (${principal.arn}) is not authorized to perform ${need.action} on ${need.resource}`
  if (typeof result === 'object') return `${what}: IAM cannot decide it: ${result.invalid}`
  if (result === 'ExplicitlyDenied')
    return `${what}: a Deny statement of its own or of the resource's policy forbids it`
  const statement = { Effect: 'Allow', Action: need.action, Resource: need.resource }
  return `${what}: no statement allows it. Grant it in infra; the statement to add is ${JSON.stringify(statement)}`
}

function resourcePoliciesOf(template: PolicySource): Map<string, PolicyDocument> {
  const policies = new Map<string, PolicyDocument>()
  for (const { properties } of template.ofType('AWS::S3::BucketPolicy')) {
    policies.set(`arn:aws:s3:::${properties.Bucket}`, properties.PolicyDocument as PolicyDocument)
  }
  for (const { properties } of template.ofType('AWS::SQS::QueuePolicy')) {
    for (const url of properties.Queues as string[]) {
      const queue = template.find('AWS::SQS::Queue', url)
      if (queue) policies.set(queue.attribute('Arn'), properties.PolicyDocument as PolicyDocument)
    }
  }
  for (const { properties } of template.ofType('AWS::SecretsManager::ResourcePolicy')) {
    policies.set(String(properties.SecretId), properties.ResourcePolicy as PolicyDocument)
  }
  return policies
}

const bucketArnOf = (resource: string) => /^arn:aws:s3:::[^/]+/.exec(resource)?.[0]
