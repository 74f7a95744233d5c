import { defineConfig } from "vite";

// The CDN and the one-machine server send a stricter policy; a plain S3 website can send none, and
// its pages call an API of another origin. Where both are there, both hold.
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
    // The content security policy allows files of our own only: nothing is put into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A note for the deployment, not for the browser: no sizes, no colours in its log.
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
