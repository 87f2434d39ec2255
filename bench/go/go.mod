// There is no go.sum here: `python -m bench` builds a copy of this folder with -mod=mod, so that Go
// itself asks its checksum database, or trusts what the caller's GOPROXY, GONOSUMDB and GOSUMDB say.
module rival

go 1.23

require github.com/knadh/smtppool/v2 v2.0.0
