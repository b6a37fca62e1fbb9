// Real Chromium against the real server. Each spec file starts a server of its own on a free port,
// with a data directory of its own, so that nothing here depends on order.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "./tests",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 1,
  forbidOnly: !!process.env.CI,
  reporter: [["list"]],
  outputDir: "./test-results/out",
  projects: [
    { name: "app", testIgnore: /(shots|bench)\.spec\.ts/ },
    { name: "bench", testMatch: /bench\.spec\.ts/ },
    { name: "shots", testMatch: /shots\.spec\.ts/ },
  ],
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
