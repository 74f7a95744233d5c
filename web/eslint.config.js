import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import imports from "eslint-plugin-import-x";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

/** Forbids imports of `folders` below src, for the `reason`. */
function without(folders, reason) {
  const group = folders.map((folder) => `**/${folder}/**`);
  return { "no-restricted-imports": ["error", { patterns: [{ group, message: reason }] }] };
}

export default typescript.config(
  { ignores: ["src/api/schema.d.ts", "dist/"] },
  { files: ["**/*.js"], extends: [typescript.configs.recommended] },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [typescript.configs.strictTypeChecked],
    plugins: { "import-x": imports, "react-hooks": hooks },
    languageOptions: { parserOptions: { project: "./tsconfig.tests.json" } },
    settings: {
      "import-x/extensions": [".ts", ".tsx"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
      "import-x/resolver-next": [
        createTypeScriptImportResolver({ project: "./tsconfig.tests.json" }),
      ],
    },
    rules: {
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "max-lines": ["error", 400],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "What users and upstreams wrote is shown as text.",
        },
      ],
      // A handler may be a promise: what it rejects with is shown by the component itself.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["src/logic/**"],
    rules: without(
      ["components", "data", "pages", "api"],
      "src/logic is pure: it knows neither pages nor the network.",
    ),
  },
  {
    files: ["src/components/**"],
    rules: without(["pages"], "Pages use components, never the other way round."),
  },
  {
    files: ["src/data/**", "src/api/**"],
    rules: without(["pages", "components"], "Pages and components use data, not the reverse."),
  },
);
