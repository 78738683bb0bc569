import { parseArgs } from 'node:util'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { readPlatform } from './client.ts'

const help = `Usage: npm run ops -- grant-role <email> <role> [options]

Does what only operators may do, by invoking the function "ops".

  --stage <stage>     dev, staging or prod, with the AWS credentials of this shell (default: the local platform)
  --platform <file>   of the local platform (default: .local/platform.json)
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { stage: { type: 'string' }, platform: { type: 'string', default: '.local/platform.json' } },
})
const [action, email, role, ...rest] = positionals

if (action !== 'grant-role' || !email || !role || rest.length > 0) {
  console.error(help)
  process.exitCode = 2
} else {
  await invoke({ action, email, role }).catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
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
  console.log(`${answer.username} was ${answer.old_role} and is ${answer.role} now.`)
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
