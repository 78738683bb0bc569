import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { awsEnvironment, type Principals } from '../principals.ts'
import { REGION, type Resource, type Template } from '../template.ts'
import type { FunctionDefinition } from './definition.ts'

export interface DefinitionOptions {
  readonly template: Template
  readonly principals: Principals
  readonly frontDoorUrl: string
  /** `PG*` of the database here. */
  readonly database: Readonly<Record<string, string>>
  /** What the Dockerfile of an image would set: where its clamd listens. */
  readonly imageEnvironment: Readonly<Record<string, string>>
  /** The checkout: where node_modules stands. */
  readonly root: string
}

/** Every function of the template that Node can run. CDK's own helpers in Python have nothing to do here. */
export function defineFunctions(options: DefinitionOptions): FunctionDefinition[] {
  return options.template
    .ofType('AWS::Lambda::Function')
    .filter(
      ({ properties }) =>
        properties.PackageType === 'Image' || String(properties.Runtime).startsWith('nodejs'),
    )
    .map((lambda) => defineFunction(lambda, options))
}

function defineFunction(lambda: Resource, options: DefinitionOptions): FunctionDefinition {
  const { properties, ref: name } = lambda
  const { codeDir, handler } = isTriggerProvider(properties.Handler)
    ? triggerProvider(options.root)
    : ownCode(lambda, options.template)
  const memoryMb = Number(properties.MemorySize ?? 128)
  return {
    name,
    arn: lambda.attribute('Arn'),
    codeDir,
    handler,
    memoryMb,
    timeoutMs: Number(properties.Timeout ?? 3) * 1000,
    environment: {
      ...runtimeEnvironment(name, handler, memoryMb, codeDir),
      ...(properties.PackageType === 'Image' && options.imageEnvironment),
      ...variablesOf(lambda, options.database),
      ...awsEnvironment(options.principals.caller(name), options.frontDoorUrl),
    },
    runtimePackages: options.root,
  }
}

function ownCode(lambda: Resource, template: Template) {
  const codeDir = template.assetPath(lambda)
  const { Handler, ImageConfig } = lambda.properties as {
    readonly Handler?: string
    readonly ImageConfig?: { readonly Command?: readonly string[] }
  }
  return { codeDir, handler: Handler ?? ImageConfig?.Command?.[0] ?? commandOf(codeDir) }
}

/** The handler an image names in its Dockerfile. */
function commandOf(directory: string): string {
  const file = path.join(directory, 'Dockerfile')
  const command = existsSync(file) && /^CMD \["([^"]+)"\]/m.exec(readFileSync(file, 'utf8'))
  if (!command) throw new Error(`${file} names no handler (CMD ["index.handler"])`)
  return command[1] ?? ''
}

const isTriggerProvider = (handler: unknown) => handler === '__entrypoint__.handler'

/** CDK removes the folder it staged the provider in; the code is in its package, without the reply's wrapper. */
function triggerProvider(root: string) {
  const codeDir = path.join(root, 'node_modules/aws-cdk-lib/custom-resource-handlers/dist/triggers/lambda')
  return { codeDir, handler: 'index.handler' }
}

/** Elsewhere than in the template, and with a password in place of the IAM token that only RDS could check. */
function variablesOf(
  { properties }: Resource,
  database: DefinitionOptions['database'],
): Record<string, string> {
  const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
  const variables = Object.fromEntries(
    Object.entries(Variables).map(([name, value]) => [name, String(value)]),
  )
  const { PGHOST = '', PGPORT = '', PGPASSWORD = '' } = database
  return 'PGHOST' in variables ? { ...variables, PGHOST, PGPORT, PGPASSWORD } : variables
}

function runtimeEnvironment(name: string, handler: string, memoryMb: number, codeDir: string) {
  return {
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: codeDir,
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
  }
}
