import path from 'node:path'
import { AwsError } from '../aws/aws-error.ts'
import type { InvokeFunction } from '../aws/lambda-service.ts'
import type { Logger, LogRecord } from '../log.ts'
import type { FunctionDefinition } from './definition.ts'
import { createFunction } from './function.ts'
import type { Outcome } from './outcome.ts'

export type Functions = ReturnType<typeof createFunctions>

/** All functions of the template, by name or ARN, qualified or not: there is one version of each here. */
export function createFunctions(
  definitions: readonly FunctionDefinition[],
  { log, logger }: { readonly log: (record: LogRecord) => void; readonly logger: Logger },
) {
  const all = definitions.map((definition) => ({
    lambda: createFunction({ definition, log }),
    bundle: path.basename(definition.codeDir),
  }))

  const find = (target: string) => {
    const name = nameOf(target)
    const found = all.find(({ lambda }) => lambda.name === name)?.lambda
    if (!found) throw new AwsError('ResourceNotFoundException', 404, `Function not found: ${target}`)
    return found
  }

  const invoke = async (target: string, payload: string): Promise<Outcome> => find(target).invoke(payload)

  const invokeApi: InvokeFunction = async (target, payload, type) => {
    const lambda = find(target)
    const work = type === 'DryRun' ? undefined : lambda.invoke(payload || '{}')
    if (type === 'RequestResponse' && work) return await work
    void work?.then(({ functionError, payload: answer }) => {
      if (functionError)
        logger.error(`The asynchronous call of ${lambda.name} failed: ${answer.slice(0, 500)}`)
    })
    return {}
  }

  return {
    list: all.map(({ lambda }) => lambda),
    invoke,
    invokeApi,
    kill: (target: string, traceId: string | undefined) => find(target).kill(traceId),
    /** Bundles are named by their folder. */
    replace(bundles: readonly string[]): void {
      for (const { lambda, bundle } of all) if (bundles.includes(bundle)) lambda.replace()
    },
    stop: () => Promise.all(all.map(({ lambda }) => lambda.stop())),
  }
}

/** `name`, `name:1`, or the name of an ARN with a qualifier or without. */
function nameOf(target: string): string {
  const parts = target.split(':')
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? target
}
