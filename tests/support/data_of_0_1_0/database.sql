BEGIN TRANSACTION;
CREATE TABLE _config (
                key TEXT PRIMARY KEY,
                value TEXT NOT NULL
            );
INSERT INTO "_config" VALUES('schema_version','9');
CREATE TABLE _stream_records (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                table_name TEXT NOT NULL,
                event_name TEXT NOT NULL,
                keys_json TEXT NOT NULL,
                new_image TEXT,
                old_image TEXT,
                sequence_number TEXT NOT NULL,
                shard_id TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                user_identity TEXT
            );
CREATE TABLE _tables (
                table_name TEXT PRIMARY KEY,
                key_schema TEXT NOT NULL,
                attribute_definitions TEXT NOT NULL,
                gsi_definitions TEXT,
                lsi_definitions TEXT,
                stream_enabled INTEGER DEFAULT 0,
                stream_view_type TEXT,
                stream_label TEXT,
                ttl_attribute TEXT,
                ttl_enabled INTEGER DEFAULT 0,
                created_at INTEGER NOT NULL,
                table_status TEXT NOT NULL DEFAULT 'ACTIVE',
                billing_mode TEXT DEFAULT 'PAY_PER_REQUEST',
                provisioned_throughput TEXT,
                tags TEXT,
                sse_specification TEXT,
                table_class TEXT,
                deletion_protection_enabled INTEGER DEFAULT 0,
                on_demand_throughput TEXT,
                table_id TEXT,
                vector_index_definitions TEXT
            );
INSERT INTO "_tables" VALUES('api-dashboard','[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]','[{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"S"},{"AttributeName":"GSI1PK","AttributeType":"S"},{"AttributeName":"GSI1SK","AttributeType":"S"}]','[{"IndexName":"GSI1","KeySchema":[{"AttributeName":"GSI1PK","KeyType":"HASH"},{"AttributeName":"GSI1SK","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]',NULL,0,NULL,NULL,'ttl',1,1796091088,'ACTIVE','PAY_PER_REQUEST',NULL,NULL,NULL,NULL,0,NULL,'94b4cc68-588f-45f1-92da-72b5d83d9628',NULL);
CREATE TABLE "api-dashboard" (
                pk TEXT NOT NULL,
                sk TEXT NOT NULL DEFAULT '',
                item_json TEXT NOT NULL,
                item_size INTEGER NOT NULL,
                cached_at REAL,
                hash_prefix TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (pk, sk)
            );
INSERT INTO "api-dashboard" VALUES('S:THROTTLE#1796083200','S:SIGNUP#127.0.0.1#1995656','{"SK":{"S":"SIGNUP#127.0.0.1#1995656"},"ttl":{"N":"1796095591"},"attempts":{"N":"1"},"PK":{"S":"THROTTLE#1796083200"}}',66,NULL,'1e1f2a');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:PROFILE','{"auth_version":{"N":"1"},"email":{"S":"ada@example.com"},"username":{"S":"ada"},"SK":{"S":"PROFILE"},"PK":{"S":"USER#ada"},"password":{"S":"$argon2id$v=19$m=19456,t=2,p=1$yruMOLrLz2RyoyR68Uu02Q$ZGoVQCfBH/TKZZ1Ro1zN2YYD8HvfJcjVjetM89dD4gY"},"created_at":{"N":"1796091091"}}',185,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:NAME#ada','S:NAME','{"GSI1PK":{"S":"USERS"},"PK":{"S":"NAME#ada"},"GSI1SK":{"S":"USER#ada"},"username":{"S":"ada"},"SK":{"S":"NAME"}}',52,NULL,'444ba2');
INSERT INTO "api-dashboard" VALUES('S:THROTTLE#1796083200','S:SIGNIN#127.0.0.1#1995656','{"PK":{"S":"THROTTLE#1796083200"},"attempts":{"N":"0"},"SK":{"S":"SIGNIN#127.0.0.1#1995656"},"ttl":{"N":"1796095591"}}',65,NULL,'1e1f2a');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:SESSION#3155115f74d4bfe8f09291820484e4c4','{"session_id":{"S":"3155115f74d4bfe8f09291820484e4c4"},"kind":{"S":"token"},"source":{"S":"127.0.0.1"},"PK":{"S":"USER#ada"},"created_at":{"N":"1796091091"},"refreshed_at":{"N":"1796091091"},"auth_version":{"N":"1"},"expires_at":{"N":"1798683091"},"user_agent":{"S":"curl/7.88.1"},"refresh_id":{"S":"6019af32-ec04-4811-b5cd-8e61b630c9ca"},"ttl":{"N":"1798683091"},"SK":{"S":"SESSION#3155115f74d4bfe8f09291820484e4c4"}}',258,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:APIKEY#openai.b6mhau4nkf1qpp85','{"auth":{"M":{"scheme":{"S":"bearer"},"name":{"NULL":true},"prefix":{"NULL":true},"username":{"NULL":true}}},"GSI1SK":{"S":"USER#ada"},"api_name":{"S":"openai"},"hint":{"S":"…-1-0"},"rate_limit":{"S":"openai"},"base_url":{"S":"http://127.0.0.1:18099/v1"},"GSI1PK":{"S":"APIKEYS"},"key_id":{"S":"openai.b6mhau4nkf1qpp85"},"PK":{"S":"USER#ada"},"created_at":{"N":"1796091091"},"updated_at":{"N":"1796091091"},"revision":{"N":"1"},"provider":{"S":"openai"},"SK":{"S":"APIKEY#openai.b6mhau4nkf1qpp85"},"encrypted_key":{"S":"gAAAAABrDizT1HAMvBs9QIol0w241sKpUiqKRnRIN36gCRvdr4hHXlWtl4CK5hnGJ3HmDvqQoCBObwb2sAhCguiLjPEv8qokhK9R0t5EvDr5QZib-mzt24yVpSGPF-kulB4bLG1mme1QndeWdPL9iWmGE0FIkPnuaQ=="}}',449,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:API#openai','{"PK":{"S":"USER#ada"},"api_name":{"S":"openai"},"key:openai.b6mhau4nkf1qpp85":{"S":"{\"i\":\"openai.b6mhau4nkf1qpp85\",\"u\":\"http://127.0.0.1:18099/v1\",\"a\":{\"scheme\":\"bearer\",\"name\":null,\"prefix\":null,\"username\":null},\"e\":\"gAAAAABrDizT1HAMvBs9QIol0w241sKpUiqKRnRIN36gCRvdr4hHXlWtl4CK5hnGJ3HmDvqQoCBObwb2sAhCguiLjPEv8qokhK9R0t5EvDr5QZib-mzt24yVpSGPF-kulB4bLG1mme1QndeWdPL9iWmGE0FIkPnuaQ==\",\"d\":\"openai\"}"},"SK":{"S":"API#openai"}}',376,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:APIKEY#github.s4s1a2gng923pnfm','{"GSI1PK":{"S":"APIKEYS"},"revision":{"N":"1"},"api_name":{"S":"github"},"rate_limit":{"S":"github"},"key_id":{"S":"github.s4s1a2gng923pnfm"},"encrypted_key":{"S":"gAAAAABrDizTL048LIZFO4RD8UN_P6SVTmdadrSpkyK3smBDb-jGWnT73gOPv7v85UcKrrAr6a9E5CPha_tAk_pKM2H2QpIPG7uXTR_BsyIV5QkG5Cy0EX_YMIC_D4-yzzUMd4ayCeIRBFEvgbu6P9dpeEYgTjyx-Q=="},"base_url":{"S":"https://api.github.com"},"auth":{"M":{"username":{"NULL":true},"name":{"NULL":true},"prefix":{"NULL":true},"scheme":{"S":"bearer"}}},"created_at":{"N":"1796091091"},"updated_at":{"N":"1796091091"},"PK":{"S":"USER#ada"},"provider":{"S":"github"},"hint":{"S":"…-1-0"},"SK":{"S":"APIKEY#github.s4s1a2gng923pnfm"},"links":{"L":[{"S":"url"},{"S":"*_url"},{"S":"href"},{"S":"self"},{"S":"git"}]},"GSI1SK":{"S":"USER#ada"}}',478,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:API#github','{"SK":{"S":"API#github"},"PK":{"S":"USER#ada"},"api_name":{"S":"github"},"key:github.s4s1a2gng923pnfm":{"S":"{\"i\":\"github.s4s1a2gng923pnfm\",\"u\":\"https://api.github.com\",\"a\":{\"scheme\":\"bearer\",\"name\":null,\"prefix\":null,\"username\":null},\"e\":\"gAAAAABrDizTL048LIZFO4RD8UN_P6SVTmdadrSpkyK3smBDb-jGWnT73gOPv7v85UcKrrAr6a9E5CPha_tAk_pKM2H2QpIPG7uXTR_BsyIV5QkG5Cy0EX_YMIC_D4-yzzUMd4ayCeIRBFEvgbu6P9dpeEYgTjyx-Q==\",\"d\":\"github\",\"l\":[\"url\",\"*_url\",\"href\",\"self\",\"git\"]}"}}',413,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:TOKEN#29q0bf3iddnbs','{"window":{"N":"86400"},"PK":{"S":"USER#ada"},"token_id":{"S":"29q0bf3iddnbs"},"name":{"S":"my script"},"token_hash":{"S":"4c3c762d52ea9cd98519b1f7957e1edfb03aff10eb93ab2767308e3e63ab46c6"},"hint":{"S":"…rara"},"created_at":{"N":"1796091091"},"limit":{"N":"1000"},"revision":{"N":"1"},"SK":{"S":"TOKEN#29q0bf3iddnbs"},"path_prefixes":{"L":[]},"apis":{"L":[{"S":"openai"}]},"methods":{"L":[]}}',232,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:LOG#1796091091294#dee69ba4','{"SK":{"S":"LOG#1796091091294#dee69ba4"},"method":{"S":"GET"},"host":{"S":"127.0.0.1:18099"},"PK":{"S":"USER#ada"},"status":{"N":"404"},"request_id":{"S":"cdf7a6d15788c706"},"at":{"N":"1796091091.294"},"duration_ms":{"N":"10"},"api_name":{"S":"openai"},"token_id":{"S":"29q0bf3iddnbs"},"key_id":{"S":"openai.b6mhau4nkf1qpp85"},"ttl":{"N":"1797300691"},"path":{"S":"/v1/models"},"upstream_ms":{"N":"6"},"bytes_out":{"N":"335"}}',236,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:LIMIT#token:29q0bf3iddnbs#1796091091.279#0','{"used":{"N":"2"},"PK":{"S":"USER#ada"},"SK":{"S":"LIMIT#token:29q0bf3iddnbs#1796091091.279#0"},"ttl":{"N":"1796181091"}}',69,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:LOG#1796091091313#161711e3','{"request_id":{"S":"9d732b85eef6ce72"},"method":{"S":"GET"},"SK":{"S":"LOG#1796091091313#161711e3"},"at":{"N":"1796091091.313"},"host":{"S":"127.0.0.1:18099"},"PK":{"S":"USER#ada"},"ttl":{"N":"1797300691"},"bytes_out":{"N":"28"},"duration_ms":{"N":"7"},"token_id":{"S":"29q0bf3iddnbs"},"path":{"S":"/models"},"key_id":{"S":"openai.b6mhau4nkf1qpp85"},"status":{"N":"200"},"api_name":{"S":"openai"},"upstream_ms":{"N":"4"}}',231,NULL,'f9a8c6');
INSERT INTO "api-dashboard" VALUES('S:USER#ada','S:RATELIMIT#openai','{"updated_at":{"N":"1796091091"},"PK":{"S":"USER#ada"},"SK":{"S":"RATELIMIT#openai"},"ttl":{"N":"1830651091"},"u_ms":{"N":"17"},"u_n":{"N":"2"},"u_l3":{"N":"1"},"u_l4":{"N":"1"},"u_bo":{"N":"363"},"hour":{"N":"1796090400"},"u_s4":{"N":"1"},"u_s2":{"N":"1"},"t_29q0bf3iddnbs":{"N":"691"}}',122,NULL,'f9a8c6');
CREATE TABLE "api-dashboard::gsi::GSI1" (
                gsi_pk TEXT NOT NULL,
                gsi_sk TEXT NOT NULL DEFAULT '',
                table_pk TEXT NOT NULL,
                table_sk TEXT NOT NULL DEFAULT '',
                item_json TEXT NOT NULL,
                PRIMARY KEY (gsi_pk, gsi_sk, table_pk, table_sk)
            );
INSERT INTO "api-dashboard::gsi::GSI1" VALUES('S:USERS','S:USER#ada','S:NAME#ada','S:NAME','{"GSI1PK":{"S":"USERS"},"PK":{"S":"NAME#ada"},"GSI1SK":{"S":"USER#ada"},"username":{"S":"ada"},"SK":{"S":"NAME"}}');
INSERT INTO "api-dashboard::gsi::GSI1" VALUES('S:APIKEYS','S:USER#ada','S:USER#ada','S:APIKEY#openai.b6mhau4nkf1qpp85','{"auth":{"M":{"scheme":{"S":"bearer"},"name":{"NULL":true},"prefix":{"NULL":true},"username":{"NULL":true}}},"GSI1SK":{"S":"USER#ada"},"api_name":{"S":"openai"},"hint":{"S":"…-1-0"},"rate_limit":{"S":"openai"},"base_url":{"S":"http://127.0.0.1:18099/v1"},"GSI1PK":{"S":"APIKEYS"},"key_id":{"S":"openai.b6mhau4nkf1qpp85"},"PK":{"S":"USER#ada"},"created_at":{"N":"1796091091"},"updated_at":{"N":"1796091091"},"revision":{"N":"1"},"provider":{"S":"openai"},"SK":{"S":"APIKEY#openai.b6mhau4nkf1qpp85"},"encrypted_key":{"S":"gAAAAABrDizT1HAMvBs9QIol0w241sKpUiqKRnRIN36gCRvdr4hHXlWtl4CK5hnGJ3HmDvqQoCBObwb2sAhCguiLjPEv8qokhK9R0t5EvDr5QZib-mzt24yVpSGPF-kulB4bLG1mme1QndeWdPL9iWmGE0FIkPnuaQ=="}}');
INSERT INTO "api-dashboard::gsi::GSI1" VALUES('S:APIKEYS','S:USER#ada','S:USER#ada','S:APIKEY#github.s4s1a2gng923pnfm','{"GSI1PK":{"S":"APIKEYS"},"revision":{"N":"1"},"api_name":{"S":"github"},"rate_limit":{"S":"github"},"key_id":{"S":"github.s4s1a2gng923pnfm"},"encrypted_key":{"S":"gAAAAABrDizTL048LIZFO4RD8UN_P6SVTmdadrSpkyK3smBDb-jGWnT73gOPv7v85UcKrrAr6a9E5CPha_tAk_pKM2H2QpIPG7uXTR_BsyIV5QkG5Cy0EX_YMIC_D4-yzzUMd4ayCeIRBFEvgbu6P9dpeEYgTjyx-Q=="},"base_url":{"S":"https://api.github.com"},"auth":{"M":{"username":{"NULL":true},"name":{"NULL":true},"prefix":{"NULL":true},"scheme":{"S":"bearer"}}},"created_at":{"N":"1796091091"},"updated_at":{"N":"1796091091"},"PK":{"S":"USER#ada"},"provider":{"S":"github"},"hint":{"S":"…-1-0"},"SK":{"S":"APIKEY#github.s4s1a2gng923pnfm"},"links":{"L":[{"S":"url"},{"S":"*_url"},{"S":"href"},{"S":"self"},{"S":"git"}]},"GSI1SK":{"S":"USER#ada"}}');
CREATE INDEX "api-dashboard::gsi::GSI1::base_key" ON "api-dashboard::gsi::GSI1" (table_pk, table_sk);
DELETE FROM "sqlite_sequence";
COMMIT;
