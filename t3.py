import numpy as np, scipy.sparse as sp, fastlr
from fastlr import tensor_file
s=fastlr.write_store('/work/tmp/store/s3',np.eye(5,dtype='f4'))
_,t=tensor_file.read(s.shards[0].path,mmap=True)
print({k:(v.flags.writeable,v.flags.aligned,v.dtype) for k,v in t.items()})
m=s.to_csr(); print(m.data.flags.writeable, m.indices.flags.writeable)
a=np.zeros(5,'f4'); a.flags.writeable=False
i=np.arange(5,dtype='i4'); i.flags.writeable=False
p=np.arange(6,dtype='i4'); p.flags.writeable=False
x=sp.csr_array((a,i,p),shape=(5,5)); print(x.data.flags.writeable,x.indices.flags.writeable)
ix=t["indices"]
x=sp.csr_array((t["data"],ix,t["indptr"]),shape=(5,5)); print(x.data.flags.writeable, x.data.base is None)
y=np.array(t["data"],copy=None,dtype=None); print(y.flags.writeable)
import inspect
src=inspect.getsource(sp._compressed._cs_matrix.__init__); print(src[1500:3200])
