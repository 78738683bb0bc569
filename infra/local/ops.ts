import { parseArgs } from 'node:util'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { readPlatform } from './client.ts'

const help = `Usage: npm run ops -- grant-role <email> <role> [options]
       npm run ops -- redo-analytics <first day> <last day> [options]

Does what only operators may do, by invoking the function "ops".

  --stage <stage>     dev, staging or prod, with the AWS credentials of this shell (default: the local platform)
  --platform <file>   of the local platform (default: .local/platform.json)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { stage: { type: 'string' }, platform: { type: 'string', default: '.local/platform.json' } },
})
const request = readRequest(positionals)

if (!request) {
  console.error(help)
  process.exitCode = 2
} else {
  await invoke(request).catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}

function readRequest([action, first, second, ...rest]: readonly string[]) {
  if (!first || !second || rest.length > 0) return undefined
  if (action === 'grant-role') return { action, email: first, role: second }
  return action === 'redo-analytics' ? { action, from: first, to: second } : undefined
}

async function invoke(request: object) {
  const client = new LambdaClient(values.stage ? {} : await localSettings())
  const { Payload, FunctionError } = await client.send(
    new InvokeCommand({
      FunctionName: `veza-${values.stage ?? 'local'}-ops`,
      Payload: JSON.stringify(request),
    }),
  )
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null')
  if (FunctionError) throw new Error(answer?.errorMessage ?? FunctionError)
  console.log(
    'hours' in answer
      ? `${answer.hours} hours are summed up anew by the next runs of roll-up.`
      : `${answer.username} was ${answer.old_role} and is ${answer.role} now.`,
  )
}

async function localSettings() {
  const { aws, callers } = await readPlatform(values.platform)
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = callers.operator!
  return {
    endpoint: aws.endpoint_url,
    region: aws.region,
    credentials: { accessKeyId, secretAccessKey },
  }
}
