import { randomBytes } from 'node:crypto'
import { ACCOUNT, REGION, type Resource, type Template } from './template.ts'

export interface PolicyDocument {
  readonly Version?: string
  readonly Statement: Statement | readonly Statement[]
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly [element: string]: unknown
}

/** Who may call: a function by its role, or a caller from outside by the managed policy made for it. */
export interface Principal {
  /** The function's physical name, the caller's name, or the role's where it is neither. */
  readonly name: string
  readonly arn: string
  readonly policies: readonly PolicyDocument[]
}

export interface Caller extends Principal {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Principals {
  /** Everyone who holds a key. */
  readonly callers: readonly Caller[]
  byAccessKey(id: string): Caller | undefined
  byName(name: string): Principal | undefined
  /** The keyed caller of this name; throws when there is none. */
  caller(name: string): Caller
}

/** Callers from outside: the output that holds the ARN of their policy. */
const outsideCallers = {
  stream_server: 'StreamServerPolicyArn',
  chat_server: 'ChatServerPolicyArn',
  operator: 'OperatorPolicyArn',
} as const

type PolicySource = Pick<Template, 'ofType' | 'outputs' | 'find'>

export function createPrincipals(template: PolicySource): Principals {
  const roles = template.ofType('AWS::IAM::Role').map((role) => rolePrincipal(role, template))
  const functions = template.ofType('AWS::Lambda::Function').map((lambda) => {
    const role = roles.find(({ arn }) => arn === lambda.properties.Role)
    if (!role) throw new Error(`The role of ${lambda.key} is not in the template`)
    // A function holds the temporary keys of its role: a client that drops the session token fails here too.
    return { ...role, ...newKey('ASIA'), sessionToken: randomBytes(48).toString('base64'), name: lambda.ref }
  })
  const outside = Object.entries(outsideCallers).flatMap(([name, output]) =>
    outsideCaller(name, output, template),
  )
  const callers: Caller[] = [...functions, ...outside]
  const byKey = new Map(callers.map((caller) => [caller.accessKeyId, caller]))
  const byName = new Map<string, Principal>(
    [...roles, ...callers].map((principal) => [principal.name, principal]),
  )
  return {
    callers,
    byAccessKey: (id) => byKey.get(id),
    byName: (name) => byName.get(name),
    caller: (name) => {
      const found = callers.find((caller) => caller.name === name)
      if (!found)
        throw new Error(
          `Nobody called ${name} holds a key; there are: ${callers.map((c) => c.name).join(', ')}`,
        )
      return found
    },
  }
}

function rolePrincipal(role: Resource, template: PolicySource): Principal {
  return { name: role.ref, arn: role.attribute('Arn'), policies: policiesOfRole(role, template) }
}

/** AWS's own managed policies (logs, VPC interfaces) grant nothing that is called here: they are not in the template. */
function policiesOfRole(role: Resource, template: PolicySource): PolicyDocument[] {
  const inline = list(role.properties.Policies).map(
    (policy) => (policy as { PolicyDocument: PolicyDocument }).PolicyDocument,
  )
  const attached = template
    .ofType('AWS::IAM::Policy')
    .filter(({ properties }) => list(properties.Roles).includes(role.ref))
  const managed = template
    .ofType('AWS::IAM::ManagedPolicy')
    .filter(
      (policy) =>
        list(policy.properties.Roles).includes(role.ref) ||
        list(role.properties.ManagedPolicyArns).includes(policy.ref),
    )
  return [...inline, ...[...attached, ...managed].map(documentOf)]
}

function outsideCaller(name: string, output: string, template: PolicySource): Caller[] {
  const arn = [...template.outputs].find(([key]) => key.endsWith(`.${output}`))?.[1]
  const policy = arn === undefined ? undefined : template.find('AWS::IAM::ManagedPolicy', arn)
  if (!policy) return []
  return [
    { name, arn: `arn:aws:iam::${ACCOUNT}:user/${name}`, policies: [documentOf(policy)], ...newKey('AKIA') },
  ]
}

const documentOf = (policy: Resource) => policy.properties.PolicyDocument as PolicyDocument

const list = (value: unknown): unknown[] => (value === undefined ? [] : [value].flat())

function newKey(prefix: string) {
  return {
    accessKeyId: prefix + randomBytes(10).toString('hex').slice(0, 16).toUpperCase(),
    secretAccessKey: randomBytes(30).toString('base64'),
  }
}

/** What an AWS SDK reads from its environment to be this caller at this front door. */
export function awsEnvironment(caller: Caller, frontDoorUrl: string): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: caller.accessKeyId,
    AWS_SECRET_ACCESS_KEY: caller.secretAccessKey,
    ...(caller.sessionToken && { AWS_SESSION_TOKEN: caller.sessionToken }),
    AWS_ENDPOINT_URL: frontDoorUrl,
  }
}
