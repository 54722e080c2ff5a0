-- A POST with the headers of an upstream event, and a body of BODY_BYTES.
wrk.method = "POST"
wrk.body = string.rep("x", tonumber(os.getenv("BODY_BYTES")))
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-ASRS-Connection-Id"] = "hs3cV4XKKAtNTBGGF-6Mvg"
wrk.headers["X-ASRS-Hub"] = "chat"
wrk.headers["X-ASRS-Category"] = "messages"
wrk.headers["X-ASRS-Event"] = "send"
wrk.headers["X-ASRS-Signature"] = "sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
wrk.headers["X-ASRS-User-Id"] = "user"
wrk.headers["X-ASRS-User-Claims"] = "role: admin, name: somebody"
