import { defineConfig } from "vite";
import { chunkGroups } from "./chunks.js";

// The CDN and the local server send a stricter policy in a header. An S3 website cannot, and its API
// has another origin. If a page gets both policies, browsers enforce both.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self' https:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

const policyInPage = {
  name: "policy-in-page",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      injectTo: "head-prepend",
    },
  ],
};

export default defineConfig({
  plugins: [policyInPage],
  build: {
    target: "es2022",
    // The content security policy allows only files, no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: { groups: chunkGroups() },
      },
    },
    // Keep the deployment's log short.
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": "http://127.0.0.1:8420",
      "/proxy": "http://127.0.0.1:8420",
    },
  },
});
