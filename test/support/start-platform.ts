import { type LaunchedPlatform, launchPlatform } from './launch-platform.ts'

declare global {
  var testPlatform: LaunchedPlatform | undefined
}

/** One platform for the run; tests that break parts of it launch one of their own. */
export default async function startPlatform() {
  globalThis.testPlatform = await launchPlatform('test')
  process.env.VEZA_PLATFORM_FILE = globalThis.testPlatform.file
}
