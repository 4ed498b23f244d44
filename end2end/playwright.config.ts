import { defineConfig } from '@playwright/test';

// Two projects run the same specs with JavaScript on and off; what needs JavaScript says so in its name. A third runs what a person
// does most on PostgreSQL instead of SQLite.
export default defineConfig({
  testDir: '.',
  outputDir: 'artefacts/failures',
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Against a hang. How soon the product answers is asserted where it matters; a busy machine takes its time for everything else.
  timeout: 150_000,
  expect: { timeout: 7_000 },
  reporter: [['list'], ['json', { outputFile: 'artefacts/report.json' }]],
  use: {
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'js', testMatch: '*.spec.ts' },
    { name: 'nojs', testMatch: '*.spec.ts', testIgnore: '*.hydrate.spec.ts', use: { javaScriptEnabled: false } },
    { name: 'postgresql', testMatch: ['keys.spec.ts', 'tokens.spec.ts', 'account.spec.ts', 'signin.spec.ts'] },
  ],
});
